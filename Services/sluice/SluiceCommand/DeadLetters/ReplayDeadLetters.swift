import ArgumentParser
import DeadLetters
import FoundationEssentials
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
            names the first. Those of webhooks are delivered to the webhook of their name in the settings instead. Exits with 1 when not all of them are confirmed in time.

            EXAMPLES
              sluice dlq replay 17
              sluice dlq replay --stage preprocessor --yes
            """)

    @OptionGroup var filter: DeadLetterFilter
    @OptionGroup var store: StoreOptions
    @OptionGroup var broker: BrokerOptions
    @OptionGroup var confirmation: ConfirmationOption

    @Option(help: "How long to wait until PostgreSQL, or its webhook, has one, as in 30s or 5m.")
    var wait = DurationOption(.seconds(30))

    @Option(help: "The settings' file, for dead letters of webhooks; sluice.yaml if there is one here.")
    var config: String?

    @OptionGroup var look: LookOptions

    private struct Outcome: Encodable, Sendable {
        var selected: Int
        var published = 0
        var replayed = 0
        /// By reason.
        var deadAgain: [String: Int] = [:]
        var deliveredToWebhooks = 0

        var isComplete: Bool { replayed + deliveredToWebhooks == selected }
    }

    @IOThread
    func run() async throws {
        let connection = try await store.connect(broker.data.directory)
        defer { connection.close() }
        let table = DeadLetterTable(connection: connection)
        let (ids, ofWebhooks) = try await table.open(filter)
        var outcome = Outcome(selected: ids.count + ofWebhooks.count)
        tell("\(outcome.selected) dead letters")
        if outcome.selected > 0 {
            try confirmation.confirm("Send \(outcome.selected) dead letters again?")
            outcome.deliveredToWebhooks = try await deliver(ofWebhooks, from: table)
            if !ids.isEmpty { try await publishAll(ids, from: table, &outcome) }
        }
        if look.json { Console.say(try printedJSON(outcome)) }
        if !outcome.isComplete { throw ExitCode(1) }
    }

    /// On the way, for people.
    private nonisolated func tell(_ line: String) {
        if !look.json { Console.say(line) }
    }

    @IOThread
    private func publishAll(_ ids: [Int64], from table: DeadLetterTable, _ outcome: inout Outcome) async throws {
        let report = try await PublishingRun.run(broker.options(purpose: "dlq"), qos: .atLeastOnce) { publisher in
            try await publish(ids, from: table, with: publisher)
        }
        outcome.published = report.acknowledged
        tell("published \(report.acknowledged)")
        try await awaitOutcome(of: ids, in: table, &outcome)
    }

    /// How many of them were.
    @IOThread
    private func deliver(_ ids: [Int64], from table: DeadLetterTable) async throws -> Int {
        guard !ids.isEmpty else { return 0 }
        let webhooks = try WebhookSection.read(config: config, environment: ProcessInfo.processInfo.environment)
        let count = try await WebhookReplay(table: table, webhooks: webhooks, patience: wait.value).run(ids)
        tell("delivered \(count) of \(ids.count) to webhooks")
        return count
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
    private func awaitOutcome(of ids: [Int64], in table: DeadLetterTable, _ told: inout Outcome) async throws {
        let deadline = ContinuousClock.now + wait.value
        var outcome = try await table.outcome(ids)
        while outcome.replayed < ids.count, ContinuousClock.now < deadline {
            await EventLoop.sleep(for: .milliseconds(100))
            outcome = try await table.outcome(ids)
        }
        told.replayed = outcome.replayed
        told.deadAgain = Dictionary(outcome.deadAgain.map { ($0.reason, $0.count) }, uniquingKeysWith: +)
        let again = outcome.deadAgain.map { "\($0.count) \($0.reason)" }.joined(separator: ", ")
        tell("replayed \(outcome.replayed); dead again: \(again.isEmpty ? "0" : again)")
        guard outcome.replayed < ids.count else { return }
        Console.warn("\(ids.count - outcome.replayed) are not confirmed yet; sending them again stores nothing twice")
    }
}
