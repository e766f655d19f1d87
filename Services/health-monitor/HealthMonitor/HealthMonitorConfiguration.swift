import FoundationEssentials
internal import Platform
public import Settings

/// Section `health_monitor`.
public struct HealthMonitorConfiguration: SettingsSection, Sendable {
    public static let section = "health_monitor"

    /// An HTTP server that is asked though it keeps no record here.
    public struct Target: Hashable, Sendable {
        /// A name stands for all its addresses.
        public let host: String
        public let port: Int
    }

    public let pollInterval: Duration
    public let deadline: Duration
    public let targets: [Target]
    /// How long an instance that has left stays on the page.
    public let forgetAfter: Duration
    /// Streams of `/api/events` at a time.
    public let mostStreams: Int
    public let postgres: PostgreSQLSettings
    public let redis: RedisSettings
    /// Where dead letters are sent again.
    public let mqtt: MQTTSettings

    public init(from reader: SettingsReader) {
        pollInterval = reader.duration(
            "poll_interval", default: .seconds(1), in: .milliseconds(100) ... .seconds(60),
            "How often every instance is asked; in the first minute four times a second until readings are stored.")
        deadline = reader.duration(
            "deadline", default: .seconds(2), in: .milliseconds(100) ... .seconds(60),
            "An instance that has not answered by then counts as stalled.")
        forgetAfter = reader.duration(
            "forget_after", default: .seconds(60), in: .seconds(1) ... .seconds(86_400),
            "How long an instance that has left stays on the page.")
        mostStreams = reader.int(
            "event_streams", default: 200, in: 1...10_000,
            "Streams of /api/events at a time; one more is refused. A page has one.")
        postgres = PostgreSQLSettings(from: reader.shared("postgres"))
        redis = RedisSettings(from: reader.shared("redis"))
        mqtt = MQTTSettings(from: reader.shared("mqtt"))
        let urls = reader.strings(
            "instances", default: [],
            "URLs of instances that keep no record on this machine; a DNS name stands for all its addresses.")
        targets = urls.compactMap { url in
            let target = Self.target(url)
            if target == nil {
                reader.reject("instances", "'\(url)' is no http:// URL", suggestion: "write http://host:port")
            }
            return target
        }
    }

    static func target(_ url: String) -> Target? {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host, !host.isEmpty
        else { return nil }
        return Target(host: host.trimmed { "[]".contains($0) }, port: parts.port ?? 80)
    }
}
