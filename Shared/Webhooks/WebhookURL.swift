internal import FoundationEssentials
internal import Settings

/// Where a webhook listens. It may hold secrets (a user with a password, a token in the path or the query), which nothing but the
/// request sees.
public struct WebhookURL: Hashable, Sendable, CustomStringConvertible {
    /// Scheme, host and port, and `/…` where there is a path: for logs and tables.
    public let description: String
    public let isEncrypted: Bool
    let request: Secret
    let credentials: Credentials?

    struct Credentials: Hashable, Sendable {
        let username: String
        let password: Secret
    }

    /// Nil for what is no `http://` or `https://` URL with a host. A fragment is refused: it is never sent.
    public init?(_ text: String) {
        guard var parts = URLComponents(string: text, encodingInvalidCharacters: false),
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.fragment == nil, (1...65_535).contains(parts.port ?? 1)
        else { return nil }
        isEncrypted = scheme == "https"
        credentials = parts.user.map { Credentials(username: $0, password: Secret(parts.password ?? "")) }
        parts.scheme = scheme
        parts.user = nil
        parts.password = nil
        guard let request = parts.string else { return nil }
        self.request = Secret(request)
        parts.query = nil
        let hasPath = parts.path.count > 1
        parts.path = ""
        description = (parts.string ?? "\(scheme)://\(host)") + (hasPath ? "/…" : "")
    }
}
