public import Settings

/// The section `preprocessor` of sluice.yaml.
public struct PreprocessorConfiguration: SettingsSection, Sendable {
    public static let section = "preprocessor"

    /// Pipes of mqtt-ingest; empty: those that are registered beside this instance.
    public let upstream: [String]
    /// Where anomaly-detectors connect.
    public let bind: String
    /// Readings that it takes at once from each upstream.
    public let credit: Int
    public let pipes: PipeSettings
    public let pipeline: PipelineSettings
    public let postgres: PostgreSQLSettings
    public let redis: RedisSettings
    /// How often locations are read from the device registry.
    public let registryRefresh: Duration
    public let plugins: PluginSettings
    /// In the order in which they run. The location comes last when it is not among them.
    public let rules: [RuleSettings]

    public init(from reader: SettingsReader) {
        upstream = reader.strings(
            "upstream", default: [],
            "Pipes of mqtt-ingest, tcp://host:port; empty: those in the registry folder that `sluice up` keeps.")
        bind = reader.string(
            "bind", default: "tcp://127.0.0.1:0", "Where anomaly-detectors connect; port 0 is any free one.")
        credit = reader.int(
            "credit", default: 20_000, in: 100...1_000_000, "Readings that it takes at once from each mqtt-ingest.")
        pipes = PipeSettings(from: reader, bind: bind, upstream: upstream)
        pipeline = PipelineSettings(from: reader.shared("pipeline"))
        postgres = PostgreSQLSettings(from: reader.shared("postgres"))
        redis = RedisSettings(from: reader.shared("redis"))
        plugins = PluginSettings(from: reader.shared("plugins"))
        registryRefresh = reader.duration(
            "registry_refresh", default: .seconds(30), in: .milliseconds(100) ... .seconds(86_400),
            "How often locations are read from the table `devices`.")
        rules =
            reader.contains("rules") ? reader.items("rules").map(RuleSettings.init(from:)) : RuleSettings.standard
        if rules.count(where: { $0 == .location }) > 1 {
            reader.reject("rules", "location is listed twice", suggestion: "keep one")
        }
    }
}
