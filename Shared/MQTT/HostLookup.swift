internal import Glibc

/// Names to numeric addresses, away from the I/O thread.
enum HostLookup {
    struct Failure: Error {
        /// Of `getaddrinfo`.
        var code: Int32
    }

    static func isNumeric(_ host: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    /// At least one address, or a failure. Blocks a thread of the concurrency pool for as long as the resolver takes.
    @concurrent
    static func addresses(of host: String) async -> Result<[String], Failure> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &found)
        defer { if found != nil { freeaddrinfo(found) } }
        guard code == 0 else { return .failure(Failure(code: code)) }
        let all = sequence(first: found, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
        let numeric = all.compactMap { $0.flatMap { numericName(of: $0.pointee) } }
        return numeric.isEmpty ? .failure(Failure(code: EAI_NONAME)) : .success(numeric)
    }

    private static func numericName(of info: addrinfo) -> String? {
        var name = [UInt8](repeating: 0, count: Int(NI_MAXHOST))
        let code = name.withUnsafeMutableBytes { buffer in
            getnameinfo(
                info.ai_addr, info.ai_addrlen, buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
        }
        guard code == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }
}
