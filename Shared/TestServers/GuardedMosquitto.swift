import Foundation
public import LocalServers
public import Processes

/// A broker that lets in only who has a password.
public struct GuardedMosquitto: LocalServer {
    private let base: MosquittoServer
    private let passwords: String

    /// - Parameter passwords: a file of mosquitto_passwd's; `/dev/null` has none, and lets nobody in.
    public init(base: MosquittoServer, passwords: String) {
        self.base = base
        self.passwords = passwords
    }

    public var name: String { base.name }
    public var port: UInt16 { base.port }
    public var command: Command { base.command }
    public var stopSignal: Int32 { base.stopSignal }

    public func prepare() throws {
        try base.prepare()
        let file = "\(base.directory)/mosquitto.conf"
        let open = try String(contentsOfFile: file, encoding: .utf8)
        let closed = open.replacing("allow_anonymous true", with: "allow_anonymous false\npassword_file \(passwords)")
        try closed.write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// CONNECT without credentials; the answer is CONNACK with code 5, not authorised.
    public func answers(as pid: Int32) -> Bool {
        let question: [UInt8] = [0x10, 0x0C, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 0]
        return LoopbackProbe(question: question).answer(from: port, upTo: 4) == [0x20, 2, 0, 5]
    }
}
