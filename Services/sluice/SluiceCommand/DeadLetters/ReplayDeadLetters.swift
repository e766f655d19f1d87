import ArgumentParser
import IOLoop
import MQTT
import PostgreSQL

/// `sluice dlq replay`
struct ReplayDeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Send dead letters through the front door again.",
        discussion: """
            Publishes the original bytes to their topic, with the dead letter's identity as an MQTT 5 user property: \
            however often one is sent, what it becomes is stored once. What fails again is a dead letter again, which \
            names the first. Exits with 1 when not all of them are confirmed in time.
            """)

    @OptionGroup var filter: DeadLetterFilter
    @OptionGroup var store: StoreOptions
    @OptionGroup var broker: BrokerOptions
    @OptionGroup var confirmation: ConfirmationOption

    @Option(help: "How long to wait until PostgreSQL has them, as in 30s or 5m.")
    var wait = DurationOption(.seconds(30))

    @IOThread
    func run() async throws {
        let connection = try await store.connect(broker.data.directory)
        defer { connection.close() }
        let table = DeadLetterTable(connection: connection)
        let ids = try await table.open(filter)
        Console.say("\(ids.count) dead letters")
        guard !ids.isEmpty else { return }
        try confirmation.confirm("Send \(ids.count) dead letters again?")
        let report = try await PublishingRun.run(broker.options(purpose: "dlq"), qos: .atLeastOnce) { publisher in
            try await publish(ids, from: table, with: publisher)
        }
        Console.say("published \(report.acknowledged)")
        try await awaitOutcome(of: ids, in: table)
    }

    /// A page at a time, and marked when it has been handed over: an end in between costs nothing but the mark.
    @IOThread
    private func publish(_ ids: [Int64], from table: DeadLetterTable, with publisher: Publisher) async throws {
        for start in stride(from: 0, to: ids.count, by: 500) where !publisher.isStopped {
            let page = Array(ids[start..<min(start + 500, ids.count)])
            for message in try await table.messages(page) { try await publisher.publish(at: nil) { message } }
            try await table.markRequested(page)
        }
    }

    @IOThread
    private func awaitOutcome(of ids: [Int64], in table: DeadLetterTable) async throws {
        let deadline = ContinuousClock.now + wait.value
        var outcome = try await table.outcome(ids)
        while outcome.replayed < ids.count, ContinuousClock.now < deadline {
            await EventLoop.sleep(for: .milliseconds(100))
            outcome = try await table.outcome(ids)
        }
        let again = outcome.deadAgain.map { "\($0.count) \($0.reason)" }.joined(separator: ", ")
        Console.say("replayed \(outcome.replayed); dead again: \(again.isEmpty ? "0" : again)")
        guard outcome.replayed < ids.count else { return }
        Console.warn("\(ids.count - outcome.replayed) are not confirmed yet; sending them again stores nothing twice")
        throw ExitCode(1)
    }
}
