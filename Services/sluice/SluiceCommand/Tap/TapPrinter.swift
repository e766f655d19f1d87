import FoundationEssentials
import Platform

/// Prints what instances show, one line at a time. Who hands over a line waits until it is written: a terminal that is too
/// slow makes the instances leave readings out, instead of filling our memory.
actor TapPrinter {
    /// As many were shown as were asked for.
    struct Done: Error {}

    private let format: TapFormat
    private let limit: Int?
    private var shown = 0
    private var rows: RowPrinter
    private var away: Set<String> = []

    init(format: TapFormat, limit: Int?, palette: Palette) {
        (self.format, self.limit) = (format, limit)
        rows = RowPrinter(
            ["TIME", "INSTANCE", "DEVICE", "SENSOR", .number("VALUE"), "UNIT", .number("QUALITY"), .number("SCORE")],
            least: [27, 18, 12, 12, 10, 5], palette)
    }

    /// - Parameter line: as `/tap` gives them.
    /// - Throws: ``Done``.
    func show(_ line: String, from instance: String) throws {
        if away.remove(instance) != nil { Console.warn("\(instance) is back") }
        guard !line.isEmpty else { return }
        let shownNow = try JSONDecoder().decode(TapLine.self, from: Data(line.utf8))
        if format == .json { Console.say(line) }
        if let dropped = shownNow.dropped, format == .table {
            Console.warn(
                "\(dropped) readings of \(shownNow.instance ?? instance) were left out: they came faster than they are shown"
            )
        }
        guard shownNow.dropped == nil else { return }
        if format == .table { Console.say(rows.lines(shownNow.cells(of: instance)).joined(separator: "\n")) }
        shown += 1
        if shown == limit { throw Done() }
    }

    /// Those that a change of scale took away are waited for no more. Where none is left, all of them start again.
    func take(present: Set<String>) {
        guard !present.isEmpty else { return }
        for instance in away.subtracting(present).sorted() {
            away.remove(instance)
            Console.warn("\(instance) has left")
        }
    }

    /// Told once, until it is back.
    func lost(_ instance: String, _ reason: String) {
        guard away.insert(instance).inserted else { return }
        Console.warn("\(instance) is away (\(reason)); waiting for it")
    }
}

/// A reading, or how many were left out.
struct TapLine: Decodable {
    var dropped: Int?
    var instance: String?
    var device: String?
    var sensor: String?
    var time: String?
    var value: Double?
    var unit: String?
    var quality: Double?
    var anomalyScore: Double?

    private enum CodingKeys: String, CodingKey {
        case dropped, instance, device, sensor, time, value, unit, quality
        case anomalyScore = "anomaly_score"
    }

    func cells(of instance: String) -> [TextTable.Cell] {
        let isOdd = (anomalyScore ?? 0) > 0.8
        return [
            TextTable.Cell(time ?? ""), TextTable.Cell(self.instance ?? instance), TextTable.Cell(device ?? ""),
            TextTable.Cell(sensor ?? ""), TextTable.Cell(value?.plain ?? "-"), TextTable.Cell(unit ?? ""),
            TextTable.Cell(quality.map { $0.fixed(2) } ?? "-", (quality ?? 1) < 1 ? .warning : .plain),
            TextTable.Cell(anomalyScore.map { $0.fixed(3) } ?? "-", isOdd ? .bad : .plain),
        ]
    }
}

/// A table whose rows come one by one: columns grow as they must, and never shrink.
struct RowPrinter {
    private let columns: [TextTable.Column]
    private let palette: Palette
    private var widths: [Int]
    private var isBegun = false

    /// - Parameter least: widths to begin with, so that the first rows stand well already.
    init(_ columns: [TextTable.Column], least: [Int], _ palette: Palette) {
        (self.columns, self.palette) = (columns, palette)
        widths = columns.indices.map { max(columns[$0].title.displayWidth, least.indices.contains($0) ? least[$0] : 0) }
    }

    /// The row, behind the header where it is the first.
    mutating func lines(_ row: [TextTable.Cell]) -> [String] {
        widths = zip(widths, row).map { max($0, $1.text.displayWidth) }
        let lines = TextTable(columns, [row]).lines(palette, widths: widths)
        defer { isBegun = true }
        return isBegun ? Array(lines.dropFirst()) : lines
    }
}
