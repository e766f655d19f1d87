import IOLoop
import MQTT
import Model

/// Counts messages and does nothing else: the broker's ceiling.
@IOThread
final class EmptySubscriber {
    private let client: MQTTClient
    private(set) var received = 0
    private(set) var firstAt: ContinuousClock.Instant?
    private(set) var lastAt: ContinuousClock.Instant?

    init(host: String, port: UInt16) throws(MQTTError) {
        client = try MQTTClient(MQTTOptions(host: host, port: port, clientID: "sluice-bench-ceiling"))
        client.onMessage = { [unowned self] _ in count() }
        client.connect()
    }

    /// Returns when the broker has taken the subscription.
    func subscribe(to filter: String) async throws {
        try await client.waitUntilConnected()
        _ = try await client.subscribe([MQTTSubscription(filter: filter, qos: .atLeastOnce)])
    }

    func close() { client.close() }

    /// Messages a second between the first and the last; `nil` when there were no two.
    var rate: Double? {
        guard let firstAt, let lastAt, lastAt > firstAt else { return nil }
        return Double(received) / (lastAt - firstAt).inSeconds
    }

    private func count() {
        let now = ContinuousClock.now
        if firstAt == nil { firstAt = now }
        lastAt = now
        received += 1
    }
}
