import ArgumentParser
import Foundation
import Glibc
import LocalServers
import MQTT
import Processes
import TestServers
import Testing

@testable import SluiceCommand

/// A broker that asks for a password: everybody needs it, and nobody else may see it.
struct ExternalBrokerTests {
    @Test func `all publishers use the password of the broker, and no command line shows it`() async throws {
        let broker = try await TestServers.start { try PasswordBroker(directory: $0, port: $1) }
        var stage = try Stage()
        stage.servers += [
            "--external-redis", "redis://127.0.0.1:2",
            "--external-mqtt",
            "mqtt://\(PasswordBroker.user):\(PasswordBroker.password)@127.0.0.1:\(broker.server.port)",
        ]
        try await stage.whileUp(["--simulate", "2"]) {
            let state = try #require(SupervisorState.read(DataDirectory(path: stage.data)))
            let pids = try state.processes.map { try #require($0.process?.pid) }
            #expect(pids.count == Stage.flow.count + 1)
            for pid in pids { #expect(!commandLine(of: pid).contains(PasswordBroker.password)) }
            #expect(try await hears("sensors/device-2/#", from: broker))
            let (status, text) = try await stage.command("simulate", ["--count", "3"]).run()
            #expect(status.isSuccess && text.contains("acknowledged 3"), "\(text)")
            let shown = try await stage.command("status").run().text
            #expect(shown.contains("mqtt://\(PasswordBroker.user):redacted@127.0.0.1:\(broker.server.port)"))
            let json = try await stage.command("status", ["--json"]).run().text
            #expect(!shown.contains(PasswordBroker.password) && !json.contains(PasswordBroker.password))
        }
        await broker.stop()
    }

    @Test func `a URL says who publishes, and whether over TLS`() throws {
        let address = try #require(ExternalAddress(argument: "mqtts://me:a%40b@broker.example"))
        let options = MQTTOptions(broker: address, clientID: "test")
        #expect(options.host == "broker.example" && options.port == 8883)
        #expect(options.credentials?.username == "me" && options.credentials?.password == "a@b")
        #expect(options.encryption != nil)
        let plain = MQTTOptions(broker: try #require(ExternalAddress(argument: "mqtt://broker")), clientID: "test")
        #expect(plain.port == 1883 && plain.credentials == nil && plain.encryption == nil)
    }

    @Test func `the password can lie in a file, for a user whom the address names`() throws {
        let file = NSTemporaryDirectory() + "sluice-password-\(UUID().uuidString)"
        try "open sesame\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { unlink(file) }
        func options(_ broker: String, _ file: String) throws -> MQTTOptions {
            try BrokerOptions.parse(["--mqtt", broker, "--mqtt-password-file", file]).options(purpose: "test")
        }
        let credentials = try options("mqtt://me@broker", file).credentials
        #expect(credentials?.username == "me" && credentials?.password == "open sesame")
        #expect(throws: ValidationError.self) { try options("mqtt://broker", file) }
        #expect(throws: ValidationError.self) { try options("mqtt://me@broker", file + ".not") }
    }

    @Test func `the broker's authority and our certificate count for mqtts only`() throws {
        let files = ["--ca-file", "ca.pem", "--certificate-file", "me.pem", "--key-file", "me.key"]
        func options(_ arguments: [String]) throws -> MQTTOptions {
            try BrokerOptions.parse(arguments).options(purpose: "test")
        }
        let secured = try #require(try options(["--mqtt", "mqtts://broker"] + files).encryption)
        #expect(secured.authorityFile == "ca.pem" && secured.verification == .full)
        #expect(secured.certificateFile == "me.pem" && secured.keyFile == "me.key")
        let trusting = try #require(try options(["--mqtt", "mqtts://broker", "--insecure"]).encryption)
        #expect(trusting.verification == .none)
        #expect(try options(["--mqtt", "mqtt://broker"] + files).encryption == nil)
        #expect(throws: (any Error).self) { try options(["--mqtt", "mqtts://broker", "--key-file", "me.key"]) }
    }

    private func commandLine(of pid: Int32) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data(), as: UTF8.self)
    }

    private func hears(_ filter: String, from broker: RunningServer) async throws -> Bool {
        let identity = ["-u", PasswordBroker.user, "-P", PasswordBroker.password]
        let address = ["-h", "127.0.0.1", "-p", "\(broker.server.port)", "-t", filter, "-C", "1", "-W", "60"]
        return try await Command("/usr/bin/mosquitto_sub", identity + address).run().status.isSuccess
    }
}

struct PasswordBroker: LocalServer {
    static let user = "plant"
    static let password = "s3cret-word"

    let name = "mosquitto"
    let port: UInt16
    let command: Command
    let stopSignal: Int32 = SIGTERM
    private let directory: String

    init(directory: String, port: UInt16) throws {
        self.directory = directory
        self.port = port
        command = try MosquittoServer(directory: directory, port: port).command
    }

    func prepare() async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let passwords = "\(directory)/passwords"
        _ = try await Command("/usr/bin/mosquitto_passwd", ["-b", "-c", passwords, Self.user, Self.password]).run()
        let account = UserAccount.isSuperuser ? "user root" : ""
        try """
        listener \(port) 127.0.0.1
        allow_anonymous false
        password_file \(passwords)
        \(account)

        """.write(toFile: "\(directory)/mosquitto.conf", atomically: true, encoding: .utf8)
    }

    /// A CONNECT without a name is answered with CONNACK, code 5: not authorised.
    func answers(as pid: Int32) -> Bool {
        let question: [UInt8] = [0x10, 0x0C, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 0]
        return LoopbackProbe(question: question).answer(from: port, upTo: 4) == [0x20, 2, 0, 5]
    }
}
