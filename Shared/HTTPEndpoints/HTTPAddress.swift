internal import FoundationEssentials
internal import Settings

/// Where a server of operators' pages listens, and how it is asked there.
public struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    public enum Transport: Hashable, Sendable {
        case plain
        /// TLS with a server whose certificate an authority signed for this name or address.
        case tls(name: String)
        /// TLS with whoever listens there: for questions that do not leave this machine.
        case unverifiedTLS
    }

    /// A name or an address, without brackets.
    public var host: String
    public var port: Int
    public var transport: Transport

    public init(host: String, port: Int, transport: Transport = .plain) {
        (self.host, self.port, self.transport) = (host, port, transport)
    }

    /// - Parameter url: as in `http://127.0.0.1:9101` or `https://monitor.example`; what stands behind the port is of no concern.
    ///   A server on a loopback address is not asked for its certificate: few have one for that, and whoever could stand
    ///   between is on this machine.
    public init?(url: String) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, ["http", "https"].contains(scheme),
            let host = parts.host, !host.isEmpty
        else { return nil }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (scheme == "http" ? 80 : 443)
        guard scheme == "https" else {
            transport = .plain
            return
        }
        transport = Loopback.contains(self.host) ? .unverifiedTLS : .tls(name: self.host)
    }

    /// As a URL: `http://[::1]:9101`.
    public var description: String { "\(transport == .plain ? "http" : "https")://\(authority)" }

    /// As the `Host` header has it: `[::1]:9101`.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
