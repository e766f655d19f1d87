import Glibc
import IOLoop
import LocalServers
import MQTT
import Testing

@Suite(.serialized) @IOThread
struct MQTTClientTests {
    @Test(arguments: [MQTTVersion.v3_1_1, .v5])
    func `messages of every quality of service arrive with their payload`(version: MQTTVersion) async throws {
        let broker = try await Broker.start()
        let listener = try Listener(broker.options("listener") { $0.version = version })
        let sender = try Listener(broker.options("sender") { $0.version = version })
        try await listener.up()
        try await sender.up()
        #expect(try await listener.client.subscribe([.init(filter: "a/+", qos: .exactlyOnce)]) == [.exactlyOnce])
        for (index, qos) in [MQTTQoS.atMostOnce, .atLeastOnce, .exactlyOnce].enumerated() {
            try await sender.client.publishAndWait(topic: "a/b", payload: Array("m\(index)".utf8), qos: qos)
        }
        try await eventually { listener.received.count == 3 }
        #expect(listener.payloads == ["m0", "m1", "m2"])
        #expect(listener.received.map(\.qos) == [.atMostOnce, .atLeastOnce, .exactlyOnce])
        #expect(listener.received.allSatisfy { $0.topic == "a/b" && !$0.retained && !$0.duplicate })
    }

    @Test func `ten thousand messages pass through a window of two hundred`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(broker.options("listener"))
        let sender = try Listener(broker.options("sender"))
        try await listener.up()
        try await sender.up()
        try await listener.client.subscribe([.init(filter: "n", qos: .atLeastOnce)])
        for number in 0..<10_000 {
            await sender.client.room()
            try sender.client.publish(topic: "n", payload: Array(String(number).utf8))
            #expect(sender.client.messagesUnderWay <= 200)
        }
        await sender.client.allConfirmed()
        try await eventually { listener.received.count == 10_000 }
        #expect(listener.payloads == (0..<10_000).map(String.init))
    }

    @Test func `more than the window is refused with a reason`() async throws {
        let broker = try await Broker.start()
        let sender = try Listener(broker.options("sender") { $0.sendMaximum = 3 })
        for _ in 0..<3 { try sender.client.publish(topic: "n", payload: []) }
        let error = #expect(throws: MQTTError.self) { try sender.client.publish(topic: "n", payload: []) }
        #expect(error?.description == "cannot publish to 'n': 3 messages are already under way")
        // Kept until there is a connection.
        try await sender.up()
        await sender.client.allConfirmed()
        #expect(sender.client.counters.confirmedMessages == 3)
    }

    @Test func `a retained message says that it is`() async throws {
        let broker = try await Broker.start()
        let sender = try Listener(broker.options("sender"))
        try await sender.up()
        try await sender.client.publishAndWait(topic: "r", payload: [1], retain: true)
        let listener = try Listener(broker.options("listener"))
        try await listener.up()
        try await listener.client.subscribe([.init(filter: "r")])
        try await eventually { listener.received.count == 1 }
        #expect(listener.received[0].retained)
    }

    @Test func `a refused connection is told with its reason and tried again`() async throws {
        let port = try PortReservation.freePort()
        var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: "nobody")
        options.backoff = MQTTBackoff(first: .milliseconds(5), ceiling: .milliseconds(20))
        let listener = try Listener(options)
        listener.client.connect()
        try await eventually { listener.errors.count >= 3 }
        let expected = "cannot connect to mqtt://127.0.0.1:\(port): Connection refused (mosquitto 14, errno 111)"
        #expect(listener.errors[0] == expected)
    }

    @Test func `a name without an address is told`() async throws {
        let listener = try Listener(MQTTOptions(host: "no-such-host.invalid", clientID: "x"))
        listener.client.connect()
        try await eventually { !listener.errors.isEmpty }
        #expect(listener.errors[0].hasPrefix("cannot connect to mqtt://no-such-host.invalid:1883: "))
    }

    @Test func `a name with several addresses is tried until one answers`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(broker.options("listener") { $0.host = "localhost" })
        try await listener.up()
    }

    @Test(arguments: [MQTTVersion.v3_1_1, .v5])
    func `a persistent session keeps messages while the client is away`(version: MQTTVersion) async throws {
        let broker = try await Broker.start()
        let persistent = broker.options("keeper") {
            $0.version = version
            $0.session = .persistent(expiry: .seconds(3600))
        }
        let keeper = try Listener(persistent)
        let sender = try Listener(broker.options("sender"))
        try await keeper.up()
        try await sender.up()
        try await keeper.client.subscribe([.init(filter: "k")])
        keeper.client.disconnect()
        #expect(keeper.client.state == .idle)
        try await sender.client.publishAndWait(topic: "k", payload: [65])
        try await keeper.up()
        try await eventually { keeper.received.count == 1 }
        #expect(keeper.sessions == [false, true])
        #expect(!keeper.received[0].duplicate)
    }

    @Test func `the connection comes back after the broker has been away`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(broker.options("listener"))
        try await listener.up()
        await broker.stop(with: SIGKILL)
        try await eventually { listener.disconnects > 0 }
        try listener.client.publish(topic: "later", payload: [])
        try await broker.restart()
        try await eventually { listener.sessions.count == 2 }
        await listener.client.allConfirmed()
    }

    @Test func `the will is published when the client vanishes`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(broker.options("listener"))
        try await listener.up()
        try await listener.client.subscribe([.init(filter: "will")])
        var mortal: Listener? = try Listener(
            broker.options("mortal") {
                $0.will = MQTTWill(topic: "will", payload: Array("gone".utf8), qos: .atLeastOnce, retain: false)
            })
        try await mortal?.up()
        mortal = nil
        try await eventually { listener.payloads == ["gone"] }
    }

    @Test func `a wrong password is told in the broker's words`() async throws {
        let broker = try await Broker.startGuarded()
        for version in [MQTTVersion.v3_1_1, .v5] {
            let listener = try Listener(broker.options("listener") { $0.version = version })
            listener.client.connect()
            try await eventually { !listener.errors.isEmpty }
            #expect(listener.errors[0].lowercased().contains("not authori"))
        }
    }

    @Test func `what comes while reading is held is read in one burst afterwards`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(broker.options("listener"))
        let sender = try Listener(broker.options("sender"))
        try await listener.up()
        try await sender.up()
        try await listener.client.subscribe([.init(filter: "h", qos: .atMostOnce)])
        var bursts = 0
        listener.client.onReadBurst = { bursts += 1 }
        listener.client.holdReading()
        for _ in 0..<50 { try await sender.client.publishAndWait(topic: "h", payload: [65]) }
        #expect(listener.received.isEmpty)
        listener.client.readOn()
        #expect(listener.received.count == 50)
        #expect(bursts == 1)
        try await sender.client.publishAndWait(topic: "h", payload: [66])
        try await eventually { listener.received.count == 51 }
        listener.client.holdReading()
        try await sender.client.publishAndWait(topic: "h", payload: [67])
        #expect(listener.received.count == 51)
        listener.client.releaseReading()
        try await eventually { listener.received.count == 52 }
    }

    @Test func `a connection that ends while reading is held comes back and reads`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(
            broker.options("listener") { $0.session = .persistent(expiry: .seconds(3_600)) })
        let sender = try Listener(broker.options("sender"))
        try await listener.up()
        try await sender.up()
        try await listener.client.subscribe([.init(filter: "h")])
        listener.client.holdReading()
        listener.client.disconnect()
        try await sender.client.publishAndWait(topic: "h", payload: [65])
        try await listener.up()
        try await eventually { listener.received.count == 1 }
    }

    @Test func `a pause longer than the keep-alive does not cost the connection`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(broker.options("listener") { $0.keepAlive = .seconds(5) })
        let sender = try Listener(broker.options("sender"))
        try await listener.up()
        try await sender.up()
        try await listener.client.subscribe([.init(filter: "p")])
        listener.client.pauseReading()
        try await sender.client.publishAndWait(topic: "p", payload: [65])
        // The broker cuts a silent client off after one and a half keep-alives.
        await EventLoop.sleep(for: .seconds(12))
        #expect(listener.received.isEmpty)
        listener.client.resumeReading()
        try await eventually { listener.received.count == 1 }
        await EventLoop.sleep(for: .seconds(6))
        #expect(listener.disconnects == 0)
    }

    @Test func `a broker that is silent for longer than the keep-alive is given up`() async throws {
        let broker = try await Broker.start()
        let listener = try Listener(broker.options("listener") { $0.keepAlive = .seconds(5) })
        try await listener.up()
        broker.send(signal: SIGSTOP)
        try await eventually { listener.disconnects == 1 }
        broker.send(signal: SIGCONT)
        try await eventually { listener.sessions.count == 2 }
    }
}
