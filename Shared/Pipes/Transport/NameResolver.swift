internal import Glibc

/// `tcp://name:port` to `tcp://address:port`, one for each address of the name.
enum NameResolver {
    /// Blocks. - Returns: nil when none of the names could be resolved for now.
    static func resolve(_ endpoints: [String]) async -> Set<String>? {
        var found = Set<String>()
        for endpoint in endpoints { found.formUnion(resolve(endpoint)) }
        return found.isEmpty ? nil : found
    }

    private static func resolve(_ endpoint: String) -> [String] {
        guard let (host, port) = parts(endpoint) else { return [endpoint] }
        return addresses(of: host).map { $0.contains(":") ? "tcp://[\($0)]:\(port)" : "tcp://\($0):\(port)" }
    }

    /// Host and port of `tcp://host:port`; nil for any other kind of endpoint.
    private static func parts(_ endpoint: String) -> (host: String, port: String)? {
        guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return nil }
        let host = endpoint[..<colon].dropFirst("tcp://".count)
        guard !host.isEmpty, !host.hasPrefix("[") else { return nil }
        return (String(host), String(endpoint[endpoint.index(after: colon)...]))
    }

    /// IPv4 if there is any, so that one upstream with both kinds gets one link.
    private static func addresses(of host: String) -> [String] {
        let ipv4 = addresses(of: host, family: AF_INET)
        return ipv4.isEmpty ? addresses(of: host, family: AF_INET6) : ipv4
    }

    private static func addresses(of host: String, family: Int32) -> [String] {
        var hints = addrinfo()
        hints.ai_family = family
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        return sequence(first: list, next: { $0?.pointee.ai_next }).compactMap { $0.flatMap(numericName) }
    }

    private static func numericName(_ info: UnsafeMutablePointer<addrinfo>) -> String? {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = getnameinfo(
            info.pointee.ai_addr, info.pointee.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        guard status == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
