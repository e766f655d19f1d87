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
    public let pipeline: PipelineSettings
    public let postgres: PostgreSQLSettings
    public let redis: RedisSettings
    /// How often locations are read from the device registry.
    public let registryRefresh: Duration
    /// In the order in which they run.
    public let rules: [RuleSettings]

    public init(from reader: SettingsReader) {
        upstream = reader.strings(
            "upstream", default: [],
            "Pipes of mqtt-ingest, tcp://host:port; empty: those in the registry folder that `sluice up` keeps.")
        bind = reader.string(
            "bind", default: "tcp://127.0.0.1:0", "Where anomaly-detectors connect; port 0 is any free one.")
        credit = reader.int(
            "credit", default: 20_000, in: 100...1_000_000, "Readings that it takes at once from each mqtt-ingest.")
        pipeline = PipelineSettings(from: reader.shared("pipeline"))
        postgres = PostgreSQLSettings(from: reader.shared("postgres"))
        redis = RedisSettings(from: reader.shared("redis"))
        registryRefresh = reader.duration(
            "registry_refresh", default: .seconds(30), in: .milliseconds(100) ... .seconds(86_400),
            "How often locations are read from the table `devices`.")
        rules = reader.contains("rules") ? reader.items("rules").map(RuleSettings.init) : RuleSettings.standard
    }
}

/// One entry of `preprocessor.rules`: a range for a sensor type.
public struct RuleSettings: Sendable, Equatable {
    public let sensor: String
    /// Infinite where the file sets no end.
    public let range: ClosedRange<Double>
    let action: RangeRule.Action

    init(sensor: String, range: ClosedRange<Double>, action: RangeRule.Action) {
        self.sensor = sensor
        self.range = range
        self.action = action
    }

    init(from reader: SettingsReader) {
        sensor = reader.requiredString("sensor", "The sensor type that the rule is for; `*` for all.")
        let low = reader.double("min", "The smallest value that is allowed; without one there is no lower end.")
        let high = reader.double("max", "The largest value that is allowed; without one there is no upper end.")
        action = reader.choice(
            "outside", default: .reject, "What becomes of other values: `reject` (dead letter) or `clamp`.")
        if low == nil, high == nil {
            reader.reject("sensor", "the rule has neither min nor max", suggestion: "add min or max")
        }
        let lowest = low ?? -.infinity
        let highest = high ?? .infinity
        if lowest > highest { reader.reject("min", "min \(lowest) is above max \(highest)") }
        range = lowest <= highest ? lowest...highest : lowest...lowest
    }

    /// The rules of the system that Sluice replaces: °C, % and hPa.
    static let standard = [
        RuleSettings(sensor: "temperature", range: -50...150, action: .reject),
        RuleSettings(sensor: "humidity", range: 0...100, action: .clamp),
        RuleSettings(sensor: "pressure", range: 800...1_200, action: .reject),
    ]
}
