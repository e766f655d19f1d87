import AlertRecords
import Alerting
import ArgumentParser
import IOLoop
import Model
import PostgreSQL

/// `sluice alerts show`
struct ShowAlert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one alert and everything that became of it.",
        discussion: """
            EXAMPLE
              sluice alerts show mqtt-ingest-1-17
            """)

    @Argument(help: "Its id, or an unambiguous beginning of it.")
    var id: String

    @OptionGroup var options: AlertOptions

    @OptionGroup var look: LookOptions

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        guard let history = try await AlertTable(connection: connection).show(id) else { throw UnknownAlert(named: id) }
        if look.json { return Console.say(history.json.text) }
        let steps = TextTable(
            ["TIME", "STEP", "CAUSE", "WHO", "TOLD", "WHY"], texts: history.transitions.map(Self.row))
        let lines = Self.fields(history.alert).lines(look.palette) + [""] + steps.lines(look.palette)
        Console.say(lines.joined(separator: "\n"))
    }

    private nonisolated static func fields(_ alert: AlertRecord) -> FieldList {
        FieldList([
            ("id", alert.id), ("state", alert.state.name), ("severity", alert.severity.name),
            ("device", alert.device), ("sensor", alert.sensor.isEmpty ? nil : alert.sensor),
            ("detector", alert.detector), ("value", alert.value.map { "\($0) \(alert.unit)" }),
            ("time", alert.time.iso8601), ("why", alert.why), ("score", alert.score.map { "\($0)" }),
            ("threshold", alert.threshold.map { "\($0)" }), ("location", alert.location), ("event", alert.eventID),
            ("fired", alert.firedAt?.iso8601), ("acknowledged", acknowledgement(alert)),
            ("resolved", alert.resolvedAt?.iso8601), ("muted by", alert.suppressedBy),
        ])
    }

    private nonisolated static func acknowledgement(_ alert: AlertRecord) -> String? {
        alert.acknowledgedAt.map { "\($0.iso8601) by \(alert.acknowledgedBy ?? "somebody")" }
    }

    private nonisolated static func row(_ step: TransitionRecord) -> [String] {
        let told = step.suppressedBy.map { "muted by \($0)" } ?? step.telling ?? ""
        return [
            step.at.iso8601, "\(step.from?.name ?? "-") → \(step.to.name)", step.cause ?? "", step.actor ?? "", told,
            [step.why, step.note].compactMap { $0 }.joined(separator: "; "),
        ]
    }
}
