import Foundation
import Glibc
import LocalServers
import Processes
import TestServers

/// A mosquitto of one test's own, to be stopped, killed and frozen at will.
final class Broker {
    private var running: RunningServer

    private init(_ running: RunningServer) {
        self.running = running
    }

    static func start() async throws -> Broker {
        Broker(try await TestServers.start { try MosquittoServer(directory: $0, port: $1) })
    }

    /// One that lets nobody in.
    static func startGuarded() async throws -> Broker {
        Broker(try await TestServers.start { try GuardedMosquitto(MosquittoServer(directory: $0, port: $1)) })
    }

    deinit {
        // SIGTERM takes mosquitto up to two seconds.
        running.process.signal(SIGKILL)
    }

    var port: UInt16 { running.server.port }

    func stop(with signal: Int32 = SIGTERM) async {
        await running.process.stop(with: signal, within: .seconds(60))
    }

    /// On the same port and data.
    func restart() async throws {
        running = try await TestServers.restart(running.server)
    }

    /// SIGSTOP freezes the broker: to its clients that looks like a network that swallows everything.
    func send(signal: Int32) {
        running.process.signal(signal)
    }
}

/// A broker with a password file that has no passwords in it.
private struct GuardedMosquitto: LocalServer {
    private let base: MosquittoServer

    init(_ base: MosquittoServer) {
        self.base = base
    }

    var name: String { base.name }
    var port: UInt16 { base.port }
    var command: Command { base.command }
    var stopSignal: Int32 { base.stopSignal }

    func prepare() throws {
        try base.prepare()
        let file = "\(base.directory)/mosquitto.conf"
        let open = try String(contentsOfFile: file, encoding: .utf8)
        let closed = open.replacing("allow_anonymous true", with: "allow_anonymous false\npassword_file /dev/null")
        try closed.write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// CONNECT without credentials; the answer is CONNACK with code 5, not authorised.
    func answers(as pid: Int32) -> Bool {
        let question: [UInt8] = [0x10, 0x0C, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 0]
        return LoopbackProbe(question: question).answer(from: port, upTo: 4) == [0x20, 2, 0, 5]
    }
}
