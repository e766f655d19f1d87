import Glibc

/// A connection that reads only when told to.
final class RawConnection: Sendable {
    struct Failure: Error { let errno: Int32 }

    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(errno: errno) }
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count else { throw Failure(errno: errno) }
    }

    /// Some bytes, at least one; empty at the end. It holds up no thread, which the server may need.
    func receive() async throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count >= 0 { return String(decoding: bytes.prefix(count), as: UTF8.self) }
            guard errno == EAGAIN, ContinuousClock.now < deadline else { throw Failure(errno: errno) }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func close() { _ = Glibc.close(descriptor) }
}
