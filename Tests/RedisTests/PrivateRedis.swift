import Foundation
import Redis

/// A real redis-server of one test's own, without persistence, on a free port of the loopback.
final class PrivateRedis: @unchecked Sendable {
    let port: Int
    private let arguments: [String]
    // Used by one test's task alone.
    private var process: Process?

    init(_ arguments: [String] = []) throws {
        port = try Self.freePort()
        self.arguments = arguments
        try start()
    }

    deinit { stop() }

    /// Patient: the tests run beside each other on few cores.
    var configuration: RedisConfiguration {
        var configuration = RedisConfiguration(port: port)
        configuration.connectTimeout = .seconds(30)
        configuration.replyTimeout = .seconds(30)
        configuration.firstRetry = .milliseconds(20)
        configuration.lastRetry = .milliseconds(200)
        return configuration
    }

    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        process.arguments =
            ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"] + arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        self.process = process
    }

    func stop() {
        guard let process else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// Stops answering, without closing anything.
    func freeze() {
        if let process { kill(process.processIdentifier, SIGSTOP) }
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
