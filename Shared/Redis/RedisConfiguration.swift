/// Where Redis is, and how patient to be with it.
public struct RedisConfiguration: Sendable, Equatable {
    public var host: String
    public var port: Int
    /// With a password only: the ACL user (Redis 6 and later).
    public var user: String?
    public var password: String?
    public var database: Int

    public var connectTimeout: Duration = .seconds(5)
    /// From submitting a pipeline to its last reply. Missing it breaks the connection: replies come in order, so
    /// nothing behind a stuck one could be told apart.
    public var replyTimeout: Duration = .seconds(5)
    /// Requests on their way whose replies have not come. More is refused rather than buffered.
    public var outputLimitBytes = 8 << 20
    public var firstRetry: Duration = .milliseconds(100)
    public var lastRetry: Duration = .seconds(5)

    public init(host: String = "127.0.0.1", port: Int = 6379, database: Int = 0) {
        self.host = host
        self.port = port
        self.database = database
    }

    /// `redis://[[user]:password@]host[:port][/database]`, user and password percent-encoded.
    ///
    /// - Throws: `invalid_url`; `tls_unsupported` for `rediss://`.
    public init(url: String) throws(RedisError) {
        var rest = try Self.afterScheme(of: url)
        self.init()
        if let slash = rest.lastIndex(of: "/") {
            database = try Self.number(rest[rest.index(after: slash)...], 0...16383, "database", of: url, empty: 0)
            rest = rest[..<slash]
        }
        if let at = rest.lastIndex(of: "@") {
            try setCredentials(rest[..<at], of: url)
            rest = rest[rest.index(after: at)...]
        }
        try setAddress(rest, of: url)
    }

    /// Without credentials, for messages.
    public var description: String {
        "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(database)"
    }
}

extension RedisConfiguration {
    private static func afterScheme(of url: String) throws(RedisError) -> Substring {
        if url.hasPrefix("rediss://") {
            throw RedisError(
                .tlsUnsupported, "cannot use rediss:// for Redis: this build's hiredis speaks no TLS; use redis://",
                isRetriable: false)
        }
        guard url.hasPrefix("redis://") else { throw invalid("it does not begin with redis://") }
        return url.dropFirst("redis://".count)
    }

    /// Never quotes the URL: it may hold a password.
    private static func invalid(_ why: String) -> RedisError {
        RedisError(
            .invalidURL, "cannot read the Redis URL: \(why); expected redis://[user:password@]host:port[/database]",
            isRetriable: false)
    }

    private static func number(
        _ text: Substring, _ range: ClosedRange<Int>, _ what: String, of url: String, empty: Int
    ) throws(RedisError) -> Int {
        if text.isEmpty { return empty }
        guard let number = Int(text), range.contains(number) else {
            throw invalid("\(what) “\(text)” is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private mutating func setCredentials(_ text: Substring, of url: String) throws(RedisError) {
        guard let colon = text.firstIndex(of: ":") else {
            throw Self.invalid("there is a user but no password")
        }
        let user = try Self.percentDecoded(text[..<colon])
        self.user = user.isEmpty ? nil : user
        password = try Self.percentDecoded(text[text.index(after: colon)...])
    }

    private mutating func setAddress(_ text: Substring, of url: String) throws(RedisError) {
        var name = text
        var portText: Substring = ""
        if let bracket = text.firstIndex(of: "]"), text.hasPrefix("[") {
            name = text[text.index(after: text.startIndex)..<bracket]
            portText = text[text.index(after: bracket)...].drop { $0 == ":" }
        } else if let colon = text.lastIndex(of: ":") {
            name = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        guard !name.isEmpty else { throw Self.invalid("the host is missing") }
        host = String(name)
        port = try Self.number(portText, 1...65535, "port", of: url, empty: 6379)
    }

    private static func percentDecoded(_ text: Substring) throws(RedisError) -> String {
        var decoded: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let value = UInt8(String(Substring(rest.prefix(2))), radix: 16), rest.count >= 2 else {
                throw invalid("the credentials hold a % that is not followed by two hexadecimal digits")
            }
            decoded.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
