/// The cache: section `redis`.
public struct RedisSettings: Sendable {
    /// As written; shown to people with its password redacted.
    public let url: String
    public let host: String
    public let port: Int
    public let database: Int
    public let username: String?
    public let password: Secret?

    public init(from reader: SettingsReader) {
        url = reader.url("url", default: "redis://127.0.0.1:6379", "The cache: redis://host:port/database.")
        if url.hasPrefix("rediss://") {
            reader.reject(
                "url", "is for TLS, which the hiredis of this build does not speak",
                suggestion:
                    "write redis:// and keep the way there private: the same host or network, a tunnel (stunnel, "
                    + "WireGuard), or a TLS proxy beside the service")
        }
        let endpoint = Endpoint(url, schemes: ["redis": 6379, "rediss": 6379])
        let database = endpoint.flatMap { $0.path.isEmpty ? 0 : Int($0.path) }
        if database == nil {
            reader.reject("url", "is no Redis URL", suggestion: "write redis://host:6379 or redis://host:6379/1")
        }
        host = endpoint?.host ?? "127.0.0.1"
        port = endpoint?.port ?? 6379
        self.database = database ?? 0
        PlainConnection.judge(
            [host], isProtected: false, remedy: "put a tunnel or a TLS proxy beside the service", reader)
        // An empty user (`redis://:password@host`) is Redis' default user.
        let user = endpoint?.user.flatMap { $0.isEmpty ? nil : $0 }
        username = reader.string("username", "The user's name, for a server with access lists.") ?? user
        password = reader.secret("password", "The user's password.") ?? endpoint?.password.map(Secret.init)
    }
}
