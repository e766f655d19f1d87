internal import CPostgreSQL
internal import Dispatch
internal import Glibc

/// The host name of a connection string as addresses, found without the I/O thread: libpq itself would block in
/// `getaddrinfo`, for seconds when the name server is away.
struct ServerAddress {
    /// As often as there are addresses, comma-separated, as libpq wants it beside `hostaddr`.
    var host: String
    var hostaddr: String

    /// nil where libpq needs no name server: Unix sockets, several hosts, an address given apart, no host at all.
    ///
    /// - Throws: `cannotConnect` when the name has no address.
    static func resolve(_ configuration: PostgreSQLConfiguration) async throws(PostgreSQLError) -> ServerAddress? {
        // Not by `@concurrent`: in a task that prefers the I/O thread, that would still be the I/O thread.
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { () throws(PostgreSQLError) in try lookUp(configuration) })
            }
        }
        return try result.get()
    }

    private static func lookUp(_ configuration: PostgreSQLConfiguration) throws(PostgreSQLError) -> ServerAddress? {
        let options = connectionOptions(configuration.url)
        guard let name = options["host"], !name.isEmpty, !name.hasPrefix("/"), !name.hasPrefix("@"),
            !name.contains(","), options["hostaddr"] == nil
        else { return nil }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &found)
        guard code == 0 else {
            throw PostgreSQLError(
                kind: .cannotConnect, operation: "connect to \(configuration.redactedURL)",
                message: "cannot resolve \(name): \(String(cString: gai_strerror(code))) (getaddrinfo)")
        }
        defer { freeaddrinfo(found) }
        let addresses = sequence(first: found) { $0?.pointee.ai_next }.compactMap { $0.flatMap(numericAddress) }
        return ServerAddress(
            host: addresses.map { _ in name }.joined(separator: ","), hostaddr: addresses.joined(separator: ","))
    }

    private static func numericAddress(_ info: UnsafeMutablePointer<addrinfo>) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { text in
            guard let start = text.baseAddress,
                getnameinfo(
                    info.pointee.ai_addr, info.pointee.ai_addrlen, start, socklen_t(text.count), nil, 0,
                    NI_NUMERICHOST) == 0
            else { return nil }
            return String(cString: start)
        }
    }

    /// What the URL says, as libpq reads it; empty when it cannot be read, which libpq will say when it connects.
    private static func connectionOptions(_ url: String) -> [String: String] {
        guard let options = PQconninfoParse(url, nil) else { return [:] }
        defer { PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return found
    }
}
