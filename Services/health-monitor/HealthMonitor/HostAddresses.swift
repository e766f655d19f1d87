import Dispatch
import Glibc

/// All addresses behind a DNS name: each replica of a service that is known by one name.
enum HostAddresses {
    /// Sorted; empty when the name is not known (now).
    static func resolve(_ host: String) async -> [String] {
        await withCheckedContinuation { continuation in
            // getaddrinfo blocks, and Swift's own threads must not.
            DispatchQueue.global().async { continuation.resume(returning: lookUp(host)) }
        }
    }

    private static func lookUp(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        let entries = sequence(first: first, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
        return Set(entries.compactMap { $0.flatMap { numeric($0.pointee) } }).sorted()
    }

    private static func numeric(_ entry: addrinfo) -> String? {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = getnameinfo(
            entry.ai_addr, entry.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        guard result == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
