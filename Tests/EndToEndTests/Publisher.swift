import IOLoop
import MQTT
import Testing

/// Publishes bytes as they are, with QoS 1, and returns when the broker has confirmed all of them.
@IOThread
enum Publisher {
    struct Message: Sendable {
        var topic: String
        var payload: [UInt8]
        var qos = MQTTQoS.atLeastOnce
        var retain = false

        init(_ topic: String, _ payload: [UInt8], qos: MQTTQoS = .atLeastOnce, retain: Bool = false) {
            self.topic = topic
            self.payload = payload
            self.qos = qos
            self.retain = retain
        }

        init(_ topic: String, _ text: String, qos: MQTTQoS = .atLeastOnce) {
            self.init(topic, Array(text.utf8), qos: qos)
        }
    }

    static func publish(_ messages: [Message], to stack: Stack) async throws {
        let broker = try await stack.status().infrastructure.mqtt
        var options = MQTTOptions(
            host: broker.host, port: UInt16(broker.port), clientID: "publisher-\(UInt32.random(in: 0 ... .max))")
        options.sendMaximum = 200
        let client = try MQTTClient(options)
        client.connect()
        defer { client.close() }
        try await client.waitUntilConnected()
        let last = messages.count - 1
        for (index, message) in messages.enumerated() where index < last {
            await client.room()
            try client.publish(
                topic: message.topic, payload: message.payload, qos: message.qos, retain: message.retain)
        }
        guard let final = messages.last else { return }
        try await client.publishAndWait(
            topic: final.topic, payload: final.payload, qos: final.qos, retain: final.retain)
        let deadline = ContinuousClock.now + .seconds(60)
        while client.messagesUnderWay > 0 {
            try #require(ContinuousClock.now < deadline, "the broker has not confirmed everything within 60 s")
            await EventLoop.sleep(for: .milliseconds(5))
        }
    }
}

extension Stack {
    /// One message, confirmed by the broker.
    func publish(_ topic: String, _ payload: String) async throws {
        try await Publisher.publish([.init(topic, payload)], to: self)
    }

    /// Waits until a count in PostgreSQL is this.
    func reaches(_ count: Int, _ sql: String) async throws -> Bool {
        try await eventually(within: 60) { try await number(sql) == count }
    }
}
