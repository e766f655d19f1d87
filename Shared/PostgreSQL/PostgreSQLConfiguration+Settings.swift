public import Settings

extension PostgreSQLConfiguration {
    /// What the section `postgres` says; the rest is as it is by default.
    public init(_ settings: PostgreSQLSettings, applicationName: String) {
        self.init(url: settings.url, applicationName: applicationName)
        password = settings.password?.reveal()
        connectTimeout = settings.connectTimeout
    }
}
