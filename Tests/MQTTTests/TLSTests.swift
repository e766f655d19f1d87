import Foundation
import Glibc
import IOLoop
import LocalServers
import MQTT
import Processes
import TestServers
import Testing

@Suite(.serialized) @IOThread
struct TLSTests {
    private func options(
        _ broker: Broker, _ clientID: String, _ encryption: MQTTEncryption, host: String = "127.0.0.1"
    ) -> MQTTOptions {
        broker.options(clientID) {
            $0.host = host
            $0.encryption = encryption
        }
    }

    private func firstError(_ options: MQTTOptions) async throws -> String {
        let listener = try Listener(options)
        listener.client.connect()
        try await eventually { !listener.errors.isEmpty || !listener.sessions.isEmpty }
        listener.client.close()
        return try #require(listener.errors.first, "it connected")
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `a broker whose certificate the authority signed is taken, by address and by name`(host: String) async throws {
        let certificates = try Certificates()
        let broker = try await Broker.startSecured(certificates.brokerSettings)
        let trusting = MQTTEncryption(authorityFile: certificates.path("ca.pem"))
        let listener = try Listener(options(broker, "listener", trusting, host: host))
        try await listener.up()
        try await listener.client.subscribe([.init(filter: "t")])
        try await listener.client.publishAndWait(topic: "t", payload: Array("over TLS".utf8))
        try await eventually { listener.payloads == ["over TLS"] }
    }

    @Test func `another authority's certificate is refused, and the error says why`() async throws {
        let broker = try await Broker.startSecured(try Certificates().brokerSettings)
        let stranger = MQTTEncryption(authorityFile: try Certificates().path("ca.pem"))
        let error = try await firstError(options(broker, "listener", stranger))
        #expect(error.hasPrefix("cannot connect to mqtts://127.0.0.1:\(broker.port): "))
        #expect(error.contains("certificate verify failed"), "\(error)")
    }

    @Test func `the system's authorities do not know a private one`() async throws {
        let broker = try await Broker.startSecured(try Certificates().brokerSettings)
        let error = try await firstError(options(broker, "listener", MQTTEncryption()))
        #expect(error.contains("certificate verify failed"), "\(error)")
    }

    @Test func `a certificate for another name is refused, and the error says why`() async throws {
        let certificates = try Certificates(names: "DNS:broker.example")
        let broker = try await Broker.startSecured(certificates.brokerSettings)
        let trusting = MQTTEncryption(authorityFile: certificates.path("ca.pem"))
        let error = try await firstError(options(broker, "listener", trusting))
        #expect(error.contains("host name verification failed"), "\(error)")
    }

    @Test func `without verification any certificate is taken`() async throws {
        let broker = try await Broker.startSecured(try Certificates(names: "DNS:broker.example").brokerSettings)
        let stranger = try Certificates().path("ca.pem")
        for authority in [nil, stranger] {
            let listener = try Listener(
                options(broker, "listener", MQTTEncryption(authorityFile: authority, verification: .none)))
            try await listener.up()
        }
    }

    @Test func `a broker that asks for a certificate gets ours`() async throws {
        let certificates = try Certificates()
        let broker = try await Broker.startSecured(certificates.brokerSettings + "\nrequire_certificate true")
        var encryption = MQTTEncryption(authorityFile: certificates.path("ca.pem"))
        #expect(try await !firstError(options(broker, "nobody", encryption)).isEmpty)
        encryption.certificateFile = certificates.path("client.pem")
        encryption.keyFile = certificates.path("client.key")
        try await Listener(options(broker, "listener", encryption)).up()
        // With the system's authorities too, which do not sign this broker.
        encryption.authorityFile = nil
        encryption.verification = .none
        try await Listener(options(broker, "another", encryption)).up()
    }

    @Test func `a broker that asks for a certificate refuses that of another authority`() async throws {
        let certificates = try Certificates()
        let broker = try await Broker.startSecured(certificates.brokerSettings + "\nrequire_certificate true")
        let stranger = try Certificates()
        let foreign = MQTTEncryption(
            authorityFile: certificates.path("ca.pem"), certificateFile: stranger.path("client.pem"),
            keyFile: stranger.path("client.key"))
        let error = try await firstError(options(broker, "stranger", foreign))
        #expect(error.hasPrefix("cannot connect to mqtts://127.0.0.1:\(broker.port): "), "\(error)")
        // The broker goes on for those whom it knows.
        let known = MQTTEncryption(
            authorityFile: certificates.path("ca.pem"), certificateFile: certificates.path("client.pem"),
            keyFile: certificates.path("client.key"))
        try await Listener(options(broker, "known", known)).up()
    }

    @Test func `over TLS too, a user needs the right password, and the error does not repeat a wrong one`() async throws
    {
        let certificates = try Certificates()
        let passwords = certificates.path("passwords")
        let made = try await Command("/usr/bin/mosquitto_passwd", ["-b", "-c", passwords, "sluice", "s3cret"]).run()
        try #require(made.0.isSuccess, "\(made.1)")
        let broker = try await Broker.startSecured(
            certificates.brokerSettings + "\nallow_anonymous false\npassword_file \(passwords)", perListener: true)
        let trusting = MQTTEncryption(authorityFile: certificates.path("ca.pem"))
        for (user, password) in [("sluice", "pl4nted"), ("somebody", "s3cret"), ("", "")] {
            var wrong = options(broker, "stranger", trusting)
            wrong.credentials = user.isEmpty ? nil : MQTTCredentials(username: user, password: password)
            let error = try await firstError(wrong)
            #expect(error.lowercased().contains("not authori"), "\(error)")
            #expect(!error.contains("pl4nted"))
        }
        var right = options(broker, "known", trusting)
        right.credentials = MQTTCredentials(username: "sluice", password: "s3cret")
        try await Listener(right).up()
    }

    @Test func `a certificate file that is not there is told`() async throws {
        var options = MQTTOptions(host: "broker", port: 8883, clientID: "listener")
        options.encryption = MQTTEncryption(authorityFile: "/nowhere/ca.pem")
        let error = #expect(throws: MQTTError.self) { try MQTTClient(options) }
        let expected =
            "cannot read /nowhere/ca.pem for mqtts://broker:8883: No such file or directory (mosquitto 14, errno 2)"
        #expect(error?.description == expected)
    }

    @Test func `a refused connection is told with its reason and tried again`() async throws {
        let port = try PortReservation.freePort()
        var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: "nobody")
        options.backoff = MQTTBackoff(first: .milliseconds(5), ceiling: .milliseconds(20))
        options.encryption = MQTTEncryption()
        let listener = try Listener(options)
        listener.client.connect()
        try await eventually { listener.errors.count >= 3 }
        let error = listener.errors[0]
        #expect(error.hasPrefix("cannot connect to mqtts://127.0.0.1:\(port): "))
        #expect(error.contains("onnection") && error.contains("refused"), "\(error)")
    }

    @Test func `a burst of twenty thousand messages arrives whole`() async throws {
        let certificates = try Certificates()
        let broker = try await Broker.startSecured(certificates.brokerSettings)
        let trusting = MQTTEncryption(authorityFile: certificates.path("ca.pem"))
        let listener = try Listener(options(broker, "listener", trusting))
        var sending = options(broker, "sender", trusting)
        sending.sendMaximum = 1_000
        let sender = try Listener(sending)
        try await listener.up()
        try await sender.up()
        try await listener.client.subscribe([.init(filter: "n", qos: .exactlyOnce)])
        for number in 0..<20_000 {
            await sender.client.room()
            try sender.client.publish(topic: "n", payload: Array(String(number).utf8), qos: .atLeastOnce)
        }
        await sender.client.allConfirmed()
        try await eventually { listener.received.count >= 20_000 }
        #expect(listener.payloads == (0..<20_000).map(String.init))
    }

    /// Mosquitto writes a record for each packet; other brokers, and proxies, fill records of 16 KiB. What of a record
    /// is decrypted and not read yet does not show on the socket.
    @Test func `many packets in one record are all read`() async throws {
        let server = try RecordServer(certificates: try Certificates())
        let listener = try Listener(
            MQTTOptions.toward(server, encryption: MQTTEncryption(verification: .none)))
        listener.client.connect()
        try await eventually { server.hasHello }
        server.send(RecordServer.session(messages: 600))
        try await eventually { listener.received.count == 600 }
        #expect(listener.received.map(\.packetID) == (1...600).map(UInt16.init))
        withExtendedLifetime(server) {}
    }
}

extension MQTTOptions {
    fileprivate static func toward(_ server: RecordServer, encryption: MQTTEncryption) -> MQTTOptions {
        var options = MQTTOptions(host: "127.0.0.1", port: server.port, clientID: "listener")
        options.version = .v3_1_1
        options.encryption = encryption
        return options
    }
}
