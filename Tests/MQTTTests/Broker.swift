import Foundation
import Glibc

/// A private mosquitto on a free loopback port, in a folder of its own.
final class Broker {
    let port: UInt16
    let folder: URL
    private var pid: pid_t = 0

    init(extra: String = "") throws {
        port = try freePort()
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-mqtt-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        chmod(folder.path, 0o777)
        let configuration = """
            listener \(port) 127.0.0.1
            allow_anonymous true
            log_dest none
            max_inflight_messages 0
            max_queued_messages 0
            \(extra)
            """
        try configuration.write(to: folder.appending(path: "mosquitto.conf"), atomically: true, encoding: .utf8)
        try start()
    }

    deinit {
        // SIGTERM takes mosquitto up to two seconds.
        stop(with: SIGKILL)
        // A folder that stays behind under the temporary folder harms no other test.
        try? FileManager.default.removeItem(at: folder)
    }

    func start() throws {
        let arguments = ["/usr/sbin/mosquitto", "-c", folder.appending(path: "mosquitto.conf").path]
        var strings = arguments.map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        // Threads of the test runner block signals, and a child inherits that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let code = posix_spawn(&pid, arguments[0], nil, &attributes, &strings, environ)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EPERM) }
        try waitUntilListening()
    }

    func stop(with signal: Int32 = SIGTERM) {
        guard pid > 0 else { return }
        kill(pid, signal)
        waitpid(pid, nil, 0)
        pid = 0
    }

    /// SIGSTOP freezes the broker: to its clients that looks like a network that swallows everything.
    func send(signal: Int32) {
        if pid > 0 { kill(pid, signal) }
    }

    private func waitUntilListening() throws {
        for _ in 0..<600 where !canConnect(to: port) {
            usleep(50_000)
        }
        guard canConnect(to: port) else { throw POSIXError(.ECONNREFUSED) }
    }
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}

/// Free at this moment; the kernel does not hand the same one out again soon.
func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
            bind(descriptor, plain, length) == 0 ? getsockname(descriptor, plain, &length) : -1
        }
    }
    guard code == 0 else { throw POSIXError(.EADDRINUSE) }
    return UInt16(bigEndian: address.sin_port)
}

private func canConnect(to port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port)
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

extension Broker {
    /// Mosquitto drops root's rights, so the folder is open to everybody.
    static func persistenceFolder() -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-store-\(UUID().uuidString)").path
        mkdir(folder, 0o777)
        chmod(folder, 0o777)
        return folder
    }
}
