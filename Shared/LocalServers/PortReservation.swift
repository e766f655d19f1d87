import Glibc
import Processes

/// A TCP port of the loopback interface, kept from everybody else until it is released for its server.
///
/// The socket listens, so neither a bind nor another reservation succeeds meanwhile; connections that are
/// still fading away (TIME_WAIT) do not get in the way.
public final class PortReservation: Sendable {
    public let port: UInt16
    private let descriptor: Int32

    /// Ports below the kernel's range for outgoing connections, so that a client's socket never sits on one.
    private static let candidates: ClosedRange<UInt16> = 15000...31999

    /// - Throws: ``SystemCallError`` when somebody has the port.
    public init(_ port: UInt16) throws {
        self.port = port
        let subject = "127.0.0.1:\(port)"
        descriptor = try SystemCallError.check("make a socket for", subject) {
            socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        }
        do {
            try listenOnLoopback(subject)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Some free port.
    ///
    /// - Throws: ``SystemCallError`` when a hundred guesses were all taken.
    public static func anyFree() throws -> PortReservation {
        for _ in 0..<100 {
            if let free = try? PortReservation(UInt16.random(in: candidates)) { return free }
        }
        return try PortReservation(UInt16.random(in: candidates))
    }

    /// A free port for use at once.
    public static func freePort() throws -> UInt16 {
        try anyFree().port
    }

    deinit {
        close(descriptor)
    }

    private func listenOnLoopback(_ subject: String) throws {
        var enable: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &enable, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in(loopbackPort: port)
        try SystemCallError.check("bind", subject) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        try SystemCallError.check("listen on", subject) { listen(descriptor, 1) }
    }
}

extension sockaddr_in {
    init(loopbackPort port: UInt16) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = port.bigEndian
        sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    }
}
