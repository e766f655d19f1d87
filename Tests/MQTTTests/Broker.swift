import Foundation
import Glibc
import LocalServers
import Processes
import TestServers

/// A mosquitto of one test's own, to be stopped, killed and frozen at will.
final class Broker {
    private var running: RunningServer
    /// Where clients go; nil: to the server's own port.
    private let securedPort: UInt16?

    private init(_ running: RunningServer, securedPort: UInt16? = nil) {
        self.running = running
        self.securedPort = securedPort
    }

    static func start() async throws -> Broker {
        Broker(try await TestServers.start { try MosquittoServer(directory: $0, port: $1) })
    }

    /// One that lets nobody in.
    static func startGuarded() async throws -> Broker {
        Broker(
            try await TestServers.start {
                GuardedMosquitto(base: try MosquittoServer(directory: $0, port: $1), passwords: "/dev/null")
            })
    }

    /// One that speaks TLS.
    ///
    /// - Parameters:
    ///   - settings: of the listener, as in mosquitto.conf.
    ///   - perListener: whether they concern users, too.
    static func startSecured(_ settings: String, perListener: Bool = false) async throws -> Broker {
        let port = try PortReservation.freePort()
        let running = try await TestServers.start {
            SecuredMosquitto(
                base: try MosquittoServer(directory: $0, port: $1), port: port, settings: settings,
                perListener: perListener)
        }
        return Broker(running, securedPort: port)
    }

    deinit {
        // SIGTERM takes mosquitto up to two seconds.
        running.process.signal(SIGKILL)
    }

    var port: UInt16 { securedPort ?? running.server.port }

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

/// A broker with a second listener, for TLS. The first one tells when it is there.
private struct SecuredMosquitto: LocalServer {
    let base: MosquittoServer
    let securedPort: UInt16
    let settings: String
    let perListener: Bool

    init(base: MosquittoServer, port: UInt16, settings: String, perListener: Bool) {
        self.base = base
        securedPort = port
        self.settings = settings
        self.perListener = perListener
    }

    var name: String { base.name }
    var port: UInt16 { base.port }
    var command: Command { base.command }
    var stopSignal: Int32 { base.stopSignal }

    func prepare() throws {
        try base.prepare()
        let file = "\(base.directory)/mosquitto.conf"
        let open = try String(contentsOfFile: file, encoding: .utf8)
        let first = perListener ? "per_listener_settings true\n" : ""
        let both = first + open + "\nlistener \(securedPort) 127.0.0.1\n\(settings)\n"
        try both.write(toFile: file, atomically: true, encoding: .utf8)
    }

    func answers(as pid: Int32) -> Bool { base.answers(as: pid) }
}
