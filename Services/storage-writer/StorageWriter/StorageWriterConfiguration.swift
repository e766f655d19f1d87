public import Settings

/// The section `storage_writer` of sluice.yaml.
public struct StorageWriterConfiguration: SettingsSection, Sendable {
    public static let section = "storage_writer"

    /// Pipes of anomaly-detector; empty: those that are registered beside this instance.
    public let upstream: [String]
    /// Where aggregators connect.
    public let bind: String
    /// Readings that it takes at once from each upstream.
    public let credit: Int
    public let transactionReadings: Int
    public let linger: Duration
    public let daysAhead: Int
    /// nil: readings are kept for ever.
    public let retention: Duration?
    public let alertRetention: Duration?
    public let housekeepingInterval: Duration
    /// PostgreSQL, and the sinks behind it in the order in which they get what it stored.
    public let sinks: [SinkSettings]
    public let pipes: PipeSettings
    public let pipeline: PipelineSettings
    public let postgres: PostgreSQLSettings
    public let redis: RedisSettings

    public init(from reader: SettingsReader) {
        upstream = reader.strings(
            "upstream", default: [],
            "Pipes of anomaly-detector, tcp://host:port; empty: those in the registry folder that `sluice up` keeps.")
        bind = reader.string(
            "bind", default: "tcp://127.0.0.1:0", "Where aggregators connect; port 0 is any free one.")
        credit = reader.int(
            "credit", default: 20_000, in: 100...1_000_000,
            "Readings that it takes at once from each anomaly-detector.")
        transactionReadings = reader.int(
            "transaction_readings", default: 20_000, in: 1...1_000_000, "Most readings in one transaction.",
            reload: .hot)
        linger = reader.duration(
            "linger", default: .milliseconds(2), in: .zero ... .seconds(5),
            "How long the first batch of a transaction waits for others.", reload: .hot)
        daysAhead = reader.int(
            "days_ahead", default: 7, in: 0...366, "Days whose partitions are made before they begin.")
        retention = reader.duration(
            "retention", in: .seconds(86_400) ... .seconds(86_400 * 36_500),
            "Readings older than this are dropped, by days, and refused when they come late. Unset: kept for ever.")
        alertRetention = reader.duration(
            "alert_retention", in: .seconds(86_400) ... .seconds(86_400 * 36_500),
            "Alerts that have been over for so long are deleted, with their steps. Unset: kept for ever.")
        housekeepingInterval = reader.duration(
            "housekeeping_interval", default: .seconds(10), in: .milliseconds(100) ... .seconds(3_600),
            "How often partitions are made ahead, old days dropped, and old delivery records deleted.")
        sinks = SinkSettings.list(from: reader)
        pipes = PipeSettings(from: reader, bind: bind, upstream: upstream)
        pipeline = PipelineSettings(from: reader.shared("pipeline"))
        postgres = PostgreSQLSettings(from: reader.shared("postgres"))
        redis = RedisSettings(from: reader.shared("redis"))
    }
}
