import FoundationEssentials
import IOLoop
import MQTT
import Model

/// Latency from the moment in an alert's reading to its arrival here.
@IOThread
final class AlertObserver {
    private let client: MQTTClient
    private(set) var sample = LatencySample()

    init(host: String, port: UInt16) throws(MQTTError) {
        client = try MQTTClient(MQTTOptions(host: host, port: port, clientID: "sluice-bench-alerts"))
        client.onMessage = { [unowned self] message in record(message) }
        client.connect()
    }

    func subscribe() async throws {
        try await client.waitUntilConnected()
        _ = try await client.subscribe([MQTTSubscription(filter: "alerts/#", qos: .atLeastOnce)])
    }

    func close() { client.close() }

    private func record(_ message: MQTTMessage) {
        let now = Timestamp.now()
        let payload = Data(message.payload)
        guard let alert = try? JSONDecoder().decode(AlertTime.self, from: payload),
            let measured = Timestamp(iso8601: alert.timestamp)
        else { return }
        sample.add(now.since(measured).inSeconds * 1_000)
    }
}

private struct AlertTime: Decodable {
    var timestamp: String
}
