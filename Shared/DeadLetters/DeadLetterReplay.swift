public import IOLoop
public import MQTT
internal import Model

/// Sends dead letters through the front door again: the original bytes to their topic, with the dead letter's identity as an
/// MQTT 5 user property. However often one is sent, what it becomes is stored once.
@IOThread
public struct DeadLetterReplay {
    /// What became of one.
    public enum Outcome: Sendable {
        /// The broker has it.
        case sent
        /// A sentence.
        case refused(String)
    }

    private let options: MQTTOptions

    /// - Parameter options: of a client for this alone.
    public init(_ options: MQTTOptions) {
        self.options = options
    }

    /// Sends those that can be sent in order, and marks those that the broker confirmed. An end in between costs nothing but
    /// marks.
    ///
    /// - Returns: one outcome each.
    /// - Throws: ``MQTTError`` when there is no connection to the broker within a quarter of the limit, `PostgreSQLError`.
    public func run(
        _ ids: [Int64], in table: DeadLetterTable, within limit: Duration = .seconds(20)
    ) async throws -> [(id: Int64, outcome: Outcome)] {
        let letters = try await table.list(named: ids.map(String.init), limit: ids.count)
        let byID = Dictionary(letters.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var refusals: [Int64: String] = [:]
        for id in ids { refusals[id] = Self.refusal(id, byID[id]) }
        let sent = try await send(ids.filter { refusals[$0] == nil }, table, within: limit)
        return ids.map { id in (id, sent[id] ?? .refused(refusals[id] ?? "")) }
    }

    /// Why it cannot be sent; nil: it can.
    private nonisolated static func refusal(_ id: Int64, _ letter: DeadLetterEntry?) -> String? {
        guard let letter else { return "there is no dead letter \(id)" }
        if letter.reason == webhookReason {
            return "dead letter \(id) is of a webhook, which no broker can take: sluice dlq replay \(id) delivers it"
        }
        switch letter.state {
        case .open, .requested: return nil
        case .replayed: return "dead letter \(id) is replayed already: what it became is stored"
        case .dropped: return "dead letter \(id) was given up"
        }
    }

    /// As the module for webhooks gives it, which is too large to be linked for this.
    public nonisolated static let webhookReason = "webhook_undeliverable"

    /// A page at a time: payloads are large.
    private func send(
        _ ids: [Int64], _ table: DeadLetterTable, within limit: Duration
    ) async throws -> [Int64: Outcome] {
        guard !ids.isEmpty else { return [:] }
        let client = try MQTTClient(options)
        defer { client.close() }
        client.connect()
        try await client.waitUntilConnected(within: limit / 4)
        // A broker that goes meanwhile would be waited for: what it has not confirmed by then is refused.
        let end = Task {
            try await Task.sleep(for: limit)
            client.close()
        }
        defer { end.cancel() }
        var outcomes: [Int64: Outcome] = [:]
        for start in stride(from: 0, to: ids.count, by: 50) {
            let page = Array(ids[start..<min(start + 50, ids.count)])
            for message in try await table.originals(page) {
                outcomes[message.id] = await Self.send(message, with: client)
            }
            try await table.markRequested(page.filter { outcomes[$0]?.isSent ?? false })
        }
        return outcomes
    }

    private static func send(_ message: DeadLetterMessage, with client: MQTTClient) async -> Outcome {
        do {
            try await client.publishAndWait(
                topic: message.topic, payload: message.payload, qos: .atLeastOnce,
                userProperties: [DeadLetter.replayProperty: message.eventID])
            return .sent
        } catch {
            return .refused("\(error)")
        }
    }
}

extension DeadLetterReplay.Outcome {
    fileprivate var isSent: Bool {
        if case .sent = self { true } else { false }
    }
}
