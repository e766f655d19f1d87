import FoundationEssentials
import Platform

extension TopFrame {
    /// For people: a row an instance, and one a service that has several.
    func lines(_ palette: Palette) -> [String] {
        let stages = TextTable(
            [
                "INSTANCE", .number("IN/S"), .number("OUT/S"), .number("IN FLIGHT"), .number("DEPTH"),
                .number("REDELIVERED"), .number("DEAD"), .number("DROPPED"), .number("BUSY"), .number("P99"), "",
            ], services.flatMap(Self.rows))
        let pipes = TextTable(
            [
                "LINK", .number("READINGS/S"), .number("IN FLIGHT"), .number("REDELIVERED"), .number("LAG"),
            ], links.map(Self.row))
        return [heading(palette), ""] + stages.lines(palette) + (links.isEmpty ? [] : [""] + pipes.lines(palette))
    }

    private func heading(_ palette: Palette) -> String {
        let instances = services.flatMap(\.instances)
        let silent = instances.count { $0.silent != nil }
        let answer = silent == 0 ? "all \(instances.count) answer" : "\(silent) of \(instances.count) do not answer"
        return palette.paint("\(time.prefix(19))Z", .heading) + "  " + palette.paint(answer, silent == 0 ? .good : .bad)
    }

    private static func rows(_ service: Service) -> [[TextTable.Cell]] {
        guard service.instances.count > 1 else { return service.instances.map { row($0, indent: "") } }
        let title = TextTable.Cell("\(service.service) (\(service.instances.count))", .heading)
        return [[title] + cells(service.total) + [""]] + service.instances.map { row($0, indent: "  ") }
    }

    private static func row(_ instance: Instance, indent: String) -> [TextTable.Cell] {
        let name = TextTable.Cell(indent + instance.instance, instance.silent == nil ? .plain : .bad)
        let remark = TextTable.Cell(instance.silent.map { "no answer: \($0)" } ?? "", .bad)
        return [name] + cells(instance.figures ?? StageFigures()) + [remark]
    }

    private static func cells(_ figures: StageFigures) -> [TextTable.Cell] {
        [
            TextTable.Cell(rate(figures.inPerSecond)), TextTable.Cell(rate(figures.outPerSecond)),
            TextTable.Cell(count(figures.inFlight)), TextTable.Cell(count(figures.depth)),
            alarming(figures.redelivered, .warning), alarming(figures.dead, .warning), alarming(figures.dropped, .bad),
            TextTable.Cell(figures.utilization.map { ($0 * 100).fixed(0) + "%" } ?? "-"),
            TextTable.Cell(time(figures.p99Seconds)),
        ]
    }

    private static func row(_ link: LinkFigures) -> [TextTable.Cell] {
        [
            TextTable.Cell("\(link.from) → \(link.to)"), TextTable.Cell(rate(link.readingsPerSecond)),
            TextTable.Cell(count(link.inFlight)), alarming(link.redelivered, .warning),
            TextTable.Cell(time(link.lagSeconds)),
        ]
    }

    private static func alarming(_ value: Double?, _ style: Style) -> TextTable.Cell {
        TextTable.Cell(count(value), (value ?? 0) > 0 ? style : .plain)
    }

    private static func count(_ value: Double?) -> String { value.map { $0.fixed(0) } ?? "-" }

    private static func rate(_ value: Double?) -> String {
        value.map { $0.fixed($0 > 0 && $0 < 10 ? 1 : 0) } ?? "-"
    }

    /// Three digits that matter, in the unit that suits them.
    private static func time(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        switch seconds {
        case 0: return "0 ms"
        case ..<0.01: return (seconds * 1_000).fixed(2) + " ms"
        case ..<1: return (seconds * 1_000).fixed(0) + " ms"
        case ..<120: return seconds.fixed(1) + " s"
        default: return (seconds / 60).fixed(0) + " min"
        }
    }
}
