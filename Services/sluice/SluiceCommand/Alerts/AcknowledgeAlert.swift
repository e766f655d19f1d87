import AlertRecords
import Alerting
import ArgumentParser
import IOLoop
import PostgreSQL

/// `sluice alerts ack`
struct AcknowledgeAlert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Say that somebody has a firing alert in hand.",
        discussion: """
            The detector that owns the alert takes it from PostgreSQL and stops reminding. Exits with 1 when the alert does not \
            fire, and when no detector has taken it in time; one that comes later still does.

            EXAMPLE
              sluice alerts ack mqtt-ingest-1-17 --note "on my way"
            """)

    @Argument(help: "Its id, or an unambiguous beginning of it.")
    var id: String

    @Option(help: "Who has it in hand; the user of this command by default.")
    var by: String = Operator.name

    @Option(help: "What there is to say about it.")
    var note = ""

    @Option(help: "How long to wait for its detector, as in 10s.")
    var wait = DurationOption(.seconds(10))

    @OptionGroup var options: AlertOptions
    @OptionGroup var look: LookOptions

    func validate() throws {
        if by.allSatisfy(\.isWhitespace) { throw ValidationError("Who has it in hand? Add --by NAME.") }
    }

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        guard let alert = try await AlertTable(connection: connection).show(id)?.alert else {
            throw UnknownAlert(named: id)
        }
        let table = AcknowledgementTable(connection: connection)
        try await table.ask(alert.id, by: by, note: note)
        switch try await outcome(of: alert.id, in: table) {
        case AcknowledgementTable.acknowledged:
            try look.say(["id": alert.id, "acknowledgedBy": by]) { _ in
                "\(alert.id) is acknowledged by \(by)"
            }
        case let outcome?:
            Console.warn("\(alert.id) was not acknowledged: \(outcome)")
            throw ExitCode(1)
        case nil:
            Console.warn("no detector has taken it yet; it will as soon as the owner of \(alert.seriesName) runs")
            throw ExitCode(1)
        }
    }

    @IOThread
    private func outcome(of alertID: String, in table: AcknowledgementTable) async throws -> String? {
        let deadline = ContinuousClock.now + wait.value
        while true {
            if let outcome = try await table.outcome(of: alertID) { return outcome }
            guard ContinuousClock.now < deadline else { return nil }
            await EventLoop.sleep(for: .milliseconds(100))
        }
    }
}
