import AlertRecords
import Alerting
import ArgumentParser
import IOLoop
import Model
import PostgreSQL

/// `sluice alerts ls`
struct ListAlerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List alerts, the newest first: those that are pending, firing or acknowledged.")

    @OptionGroup var selection: AlertSelection
    @OptionGroup var options: AlertOptions

    @Option(help: "At most so many.")
    var limit = 50

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "List silences instead; with --all also those that are over.")
    var silences = false

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit takes a number from 1 on.") }
    }

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        if silences { return try await SilenceList(connection, all: selection.all).say(json: json) }
        let table = AlertTable(connection: connection)
        let alerts = try await table.list(selection.filter, limit: limit)
        if json { return Console.say(alerts.map(\.json).array) }
        let total = try await table.count(selection.filter)
        let header = ["ID", "STATE", "SEVERITY", "SERIES", "DETECTOR", "SINCE", "WHY"]
        Console.say(TextTable.lines(header, alerts.map(Self.row)).joined(separator: "\n"))
        Console.say("\(alerts.count) of \(total)")
    }

    private nonisolated static func row(_ alert: AlertRecord) -> [String] {
        let state =
            alert.suppressedBy == nil || !alert.state.isActive ? alert.state.name : "\(alert.state.name) (muted)"
        return [
            alert.id, state, alert.severity.name, alert.seriesName, alert.detector, alert.since.inSeconds, alert.why,
        ]
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
