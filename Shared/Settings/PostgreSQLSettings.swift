/// The database: section `postgres`.
public struct PostgreSQLSettings: Sendable {
    /// A libpq connection URL without the separate password.
    public let url: String
    /// Nil: the URL's own, or libpq's password file.
    public let password: Secret?
    public let connectTimeout: Duration

    public init(from reader: SettingsReader) {
        url = reader.url(
            "url", default: "postgres://sluice@127.0.0.1:5432/sluice", "The database: postgres://user@host:port/name.")
        if !url.hasPrefix("postgres://"), !url.hasPrefix("postgresql://") {
            reader.reject("url", "is no PostgreSQL URL", suggestion: "write postgres://user@host:5432/name")
        }
        if Self.hasUnencodedPassword(url) {
            reader.reject(
                "url", "its password holds a character that a URL reserves",
                suggestion: "write %40 for @, %2F for /, %3A for :, or give password_file")
        }
        PlainConnection.judge(
            Self.hosts(url), isProtected: Self.parameters(url).last { $0.name == "sslmode" }?.value == "verify-full",
            remedy: "write ?sslmode=verify-full&sslrootcert=FILE behind the URL", reader)
        for breach in Self.breaches(in: url) { reader.reject("url", breach.message, suggestion: breach.remedy) }
        password = reader.secret("password", "The user's password, when it is not in the URL.")
        connectTimeout = reader.duration(
            "connect_timeout", default: .seconds(5), in: .seconds(1) ... .seconds(60),
            "A connection that is not there by then is tried again.")
    }

    /// Those between `@` and the database, and those that a parameter names; none: a socket. A service of libpq's own file is anywhere.
    private static func hosts(_ url: String) -> [String] {
        guard let scheme = url.firstRange(of: "://") else { return [] }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let named = authority.split(separator: "@", omittingEmptySubsequences: false).last?.split(separator: ",") ?? []
        let hosts = named.map { $0.hasPrefix("[") ? $0.dropFirst().prefix { $0 != "]" } : $0.prefix { $0 != ":" } }
        let parameters = parameters(url).filter { ["host", "hostaddr", "service"].contains($0.name) }
        return (hosts.map(String.init) + parameters.flatMap { $0.value.split(separator: ",").map(String.init) }).map {
            // As a folder of sockets stands in a URL.
            $0.replacing("%2F", with: "/").replacing("%2f", with: "/")
        }
    }

    private static func parameters(_ url: String) -> [(name: String, value: String)] {
        guard let query = url.firstIndex(of: "?") else { return [] }
        return url[query...].dropFirst().split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    /// libpq would take a part of such a password for the host, and name it in its messages.
    private static func hasUnencodedPassword(_ url: String) -> Bool {
        guard let scheme = url.firstRange(of: "://") else { return false }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let behind = rest[authority.endIndex...].prefix { $0 != "?" }
        guard let at = authority.lastIndex(of: "@") else { return authority.contains(":") && behind.contains("@") }
        return authority[..<at].contains("@") || authority[..<at].count { $0 == ":" } > 1
    }
}
