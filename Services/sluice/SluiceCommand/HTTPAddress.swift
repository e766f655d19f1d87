import ArgumentParser
import FoundationEssentials

/// Where a server of operators' pages listens.
struct HTTPAddress: Hashable, Sendable, CustomStringConvertible, ExpressibleByArgument {
    /// Without brackets.
    let host: String
    let port: Int

    /// - Parameter url: as in `http://127.0.0.1:9101`; what stands behind the port is of no concern.
    init?(url: String) {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host, !host.isEmpty
        else {
            return nil
        }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? 80
    }

    init?(argument: String) {
        self.init(url: argument)
    }

    var description: String { host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)" }
}
