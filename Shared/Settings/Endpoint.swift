import FoundationEssentials
import Platform

/// The parts of a server's URL that clients need.
struct Endpoint {
    var scheme: String
    var host: String
    var port: Int
    var user: String?
    var password: String?
    /// Without the leading slash.
    var path: String

    /// Nil when the text is no URL with one of `schemes` (each with its default port) and a host.
    init?(_ text: String, schemes: [String: Int]) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme, let standard = schemes[scheme],
            let host = parts.host, !host.isEmpty
        else { return nil }
        self.scheme = scheme
        // An IPv6 address stands in brackets in a URL, and without them everywhere else.
        self.host = host.trimmed { "[]".contains($0) }
        port = parts.port ?? standard
        user = parts.user
        password = parts.password
        path = String(parts.path.drop { $0 == "/" })
    }
}
