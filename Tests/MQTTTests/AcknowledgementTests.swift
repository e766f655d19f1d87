import IOLoop
import MQTT
import Testing

@Suite(.serialized) @IOThread
struct AcknowledgementTests {
    private func deferred(_ broker: Broker, _ version: MQTTVersion) -> MQTTOptions {
        broker.options("deferred") {
            $0.version = version
            $0.session = .persistent(expiry: .seconds(3600))
            $0.acknowledgement = .deferred
        }
    }

    private func publish(_ count: Int, to broker: Broker, from: Int = 0) async throws {
        let sender = try Listener(broker.options("sender"))
        try await sender.up()
        for number in from..<from + count {
            try await sender.client.publishAndWait(topic: "d", payload: Array(String(number).utf8))
        }
        sender.client.close()
    }

    @Test(arguments: [MQTTVersion.v3_1_1, .v5])
    func `what was not flushed comes again, marked as a duplicate`(version: MQTTVersion) async throws {
        let broker = try await Broker.start()
        let first = try Listener(deferred(broker, version))
        try await first.up()
        try await first.client.subscribe([.init(filter: "d", qos: .exactlyOnce)])
        try await publish(5, to: broker)
        try await eventually { first.received.count == 5 }
        #expect(first.client.heldAcknowledgements == 5)
        first.client.disconnect()
        try await publish(1, to: broker, from: 5)

        try await first.up()
        try await eventually { first.received.count == 11 }
        #expect(first.received.suffix(6).map(\.duplicate) == [true, true, true, true, true, false])
        #expect(first.payloads.suffix(6) == ["0", "1", "2", "3", "4", "5"])
        #expect(first.received[0].packetID == first.received[5].packetID)
    }

    @Test(arguments: [MQTTVersion.v3_1_1, .v5])
    func `what was flushed does not come again`(version: MQTTVersion) async throws {
        let broker = try await Broker.start()
        let first = try Listener(deferred(broker, version))
        try await first.up()
        try await first.client.subscribe([.init(filter: "d")])
        try await publish(5, to: broker)
        try await eventually { first.received.count == 5 }
        first.client.flushAcknowledgements()
        try await publish(3, to: broker, from: 5)
        try await eventually { first.received.count == 8 }
        first.client.disconnect()

        try await first.up()
        try await eventually { first.received.count == 11 }
        #expect(first.payloads.suffix(3) == ["5", "6", "7"])
    }

    @Test func `the broker sends no more than the receive maximum before a flush`() async throws {
        let broker = try await Broker.start()
        var options = deferred(broker, .v5)
        options.receiveMaximum = 10
        let listener = try Listener(options)
        try await listener.up()
        try await listener.client.subscribe([.init(filter: "d")])
        try await publish(25, to: broker)
        try await eventually { listener.received.count == 10 }
        // From the first PUBACK on mosquitto 2.0.11 sends more than it may, so only the first window is exact.
        listener.client.flushAcknowledgements()
        try await eventually { listener.received.count == 25 }
    }

    @Test func `a restarted broker redelivers too`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(deferred(broker, .v5))
        try await listener.up()
        try await listener.client.subscribe([.init(filter: "d")])
        try await publish(3, to: broker)
        try await eventually { listener.received.count == 3 }
        await broker.stop()
        try await broker.restart()
        try await eventually { listener.received.count == 6 }
        #expect(listener.received.suffix(3).map(\.duplicate) == [true, true, true])
    }
}
