public import Settings

extension RedisConfiguration {
    /// What the section `redis` says; the rest is as it is by default.
    public init(_ settings: RedisSettings) {
        self.init(host: settings.host, port: settings.port, database: settings.database)
        user = settings.username
        password = settings.password?.reveal()
    }
}
