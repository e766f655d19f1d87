import IOLoop
import MQTT

/// Hears what a consumer of alerts hears.
@IOThread
final class AlertListener {
    private let client: MQTTClient
    private(set) var topics: [String] = []
    private(set) var payloads: [String] = []

    static func start(on stack: Stack) async throws -> AlertListener {
        let broker = try await stack.status().infrastructure.mqtt
        return try await start(host: broker.host, port: UInt16(broker.port))
    }

    static func start(host: String = "127.0.0.1", port: UInt16) async throws -> AlertListener {
        let listener = try AlertListener(host: host, port: port)
        listener.client.connect()
        try await listener.client.waitUntilConnected()
        _ = try await listener.client.subscribe([MQTTSubscription(filter: "alerts/#")])
        return listener
    }

    private init(host: String, port: UInt16) throws(MQTTError) {
        client = try MQTTClient(
            MQTTOptions(host: host, port: port, clientID: "alert-listener-\(UInt32.random(in: 0...(.max)))"))
        client.onMessage = { [unowned self] message in
            topics.append(String(decoding: message.topic, as: UTF8.self))
            payloads.append(String(decoding: message.payload, as: UTF8.self))
        }
    }

    func close() { client.close() }
}
