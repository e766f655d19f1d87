import Glibc

/// Listens on the loopback interface and never answers: the kernel takes the connection, and nobody reads from it.
public struct SilentListener: Sendable {
    public let port: Int
    private let descriptor: Int32

    /// nil when the kernel has no socket to give.
    public init?() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { socketAddress in
                bind(descriptor, socketAddress, length) | listen(descriptor, 16)
                    | getsockname(descriptor, socketAddress, &length)
            }
        }
        guard result == 0 else { return nil }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    public func close() {
        Glibc.close(descriptor)
    }
}
