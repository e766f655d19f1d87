internal import Settings

/// Where PostgreSQL is, and for how long to wait for it.
public struct PostgreSQLConfiguration: Sendable {
    /// `postgres://user:password@host:port/database?option=…` or libpq's `key=value` form.
    public var url: String
    /// In place of one in the URL.
    public var password: String?
    /// Shown in `pg_stat_activity`, e.g. `sluice storage-writer-1`.
    public var applicationName: String
    /// For the whole of making a connection.
    public var connectTimeout: Duration = .seconds(10)
    /// For one statement or COPY, unless the call says otherwise. When it passes, the connection is given up.
    public var statementTimeout: Duration = .seconds(60)

    public init(url: String, applicationName: String) {
        self.url = url
        self.applicationName = applicationName
    }

    /// The URL without its password, for logs and messages.
    public var redactedURL: String {
        url.contains("://") ? Redaction.withoutPassword(url) : Self.withoutPasswordField(url)
    }

    private static func withoutPasswordField(_ conninfo: String) -> String {
        conninfo.split(separator: " ").map { $0.hasPrefix("password=") ? "password=…" : String($0) }
            .joined(separator: " ")
    }
}
