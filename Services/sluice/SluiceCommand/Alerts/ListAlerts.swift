import AlertRecords
import Alerting
import ArgumentParser
import IOLoop
import Model
import PostgreSQL

/// `sluice alerts ls`
struct ListAlerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List alerts, the newest first: those that are pending, firing or acknowledged.",
        discussion: """
            EXAMPLES
              sluice alerts ls --severity critical --since 1h
              sluice alerts ls --device 'boiler-*' --all --json
            """)

    @OptionGroup var selection: AlertSelection
    @OptionGroup var options: AlertOptions

    @Option(help: "At most so many.")
    var limit = 50

    @OptionGroup var look: LookOptions

    @Flag(help: "List silences instead; with --all also those that are over.")
    var silences = false

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit takes a number from 1 on.") }
    }

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        if silences { return try await SilenceList(connection, all: selection.all).say(look) }
        let records = AlertTable(connection: connection)
        let alerts = try await records.list(selection.filter, limit: limit)
        if look.json { return Console.say(alerts.map(\.json).array) }
        let total = try await records.count(selection.filter)
        let table = TextTable(
            ["ID", "STATE", "SEVERITY", "SERIES", "DETECTOR", "SINCE", "WHY"], alerts.map(Self.row))
        Console.say(table.text(look.palette))
        Console.say("\(alerts.count) of \(total)")
    }

    private nonisolated static func row(_ alert: AlertRecord) -> [TextTable.Cell] {
        let state =
            alert.suppressedBy == nil || !alert.state.isActive ? alert.state.name : "\(alert.state.name) (muted)"
        return [
            TextTable.Cell(alert.id), TextTable.Cell(state, alert.state.style),
            TextTable.Cell(alert.severity.name, alert.severity == .critical ? .bad : .plain),
            TextTable.Cell(alert.seriesName), TextTable.Cell(alert.detector), TextTable.Cell(alert.since.inSeconds),
            TextTable.Cell(alert.why),
        ]
    }
}

extension AlertState {
    fileprivate var style: Style {
        switch self {
        case .firing: .bad
        case .pending, .acknowledged: .warning
        case .resolved: .faint
        }
    }
}

extension AlertRecord {
    /// The device alone where the alert is of a device as a whole.
    var seriesName: String { sensor.isEmpty ? device : "\(device)/\(sensor)" }

    /// Since when its state is what it is; what is acknowledged has been firing all the while.
    var since: Timestamp {
        switch state {
        case .pending: time
        case .firing, .acknowledged: firedAt ?? time
        case .resolved: resolvedAt ?? changedAt
        }
    }
}

extension Timestamp {
    /// For tables: without fractions.
    var inSeconds: String { String(iso8601.prefix(19)) + "Z" }
}
