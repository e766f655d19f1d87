internal import PostgreSQL
internal import Redis
internal import Settings

extension PostgreSQLConfiguration {
    /// A password that is given apart from the URL goes in as a parameter, which libpq takes in its place.
    init(_ settings: PostgreSQLSettings, applicationName: String) {
        var url = settings.url
        if let password = settings.password {
            url += "\(url.contains("?") ? "&" : "?")password=\(password.reveal().percentEncoded)"
        }
        self.init(url: url, applicationName: applicationName)
        connectTimeout = settings.connectTimeout
    }
}

extension RedisConfiguration {
    init(_ settings: RedisSettings) {
        self.init(host: settings.host, port: settings.port, database: settings.database)
        user = settings.username
        password = settings.password?.reveal()
    }
}

extension String {
    /// Everything but letters and digits as `%xx`.
    fileprivate var percentEncoded: String {
        utf8.map { byte in
            let isPlain = UnicodeScalar(byte).properties.isAlphabetic && byte < 0x80 || 0x30...0x39 ~= byte
            return isPlain ? String(UnicodeScalar(byte)) : (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
        }.joined()
    }
}
