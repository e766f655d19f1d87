internal import Dispatch
internal import Glibc

/// Names to addresses, without ever blocking the I/O thread: `getaddrinfo` may wait seconds for a name server.
enum HostResolver {
    /// - Returns: Numeric addresses in the resolver's order of preference, at least one.
    /// - Throws: `unresolved_host`.
    static func addresses(of host: String) async throws(RedisError) -> [String] {
        if let numeric = try? lookUp(host, flags: AI_NUMERICHOST).get() { return numeric }
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: lookUp(host, flags: AI_ADDRCONFIG)) }
        }
        return try result.get()
    }

    private static func lookUp(_ host: String, flags: Int32) -> Result<[String], RedisError> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { freeaddrinfo(list) }
        let addresses = sequence(first: list, next: { $0?.pointee.ai_next }).compactMap { $0.flatMap(numeric) }
        guard code == 0, !addresses.isEmpty else {
            let why = code == 0 ? "it has no address" : String(cString: gai_strerror(code))
            return .failure(
                RedisError(.unresolvedHost, "cannot resolve \(host) for Redis: \(why) (getaddrinfo)", isRetriable: true)
            )
        }
        return .success(addresses)
    }

    private static func numeric(_ info: UnsafeMutablePointer<addrinfo>) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = getnameinfo(
            info.pointee.ai_addr, info.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        return failure == 0 ? text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } : nil
    }
}
