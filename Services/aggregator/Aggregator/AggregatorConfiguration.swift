public import Settings

/// The section `aggregator` of sluice.yaml.
public struct AggregatorConfiguration: SettingsSection, Sendable {
    public static let section = "aggregator"

    /// Addresses of storage-writers; empty: those that are registered beside this instance.
    public let upstream: [String]
    public let postgres: PostgreSQLSettings
    public let pipes: PipeSettings
    public let pipeline: PipelineSettings
    public let mergeInterval: Duration
    public let mergeReadings: Int
    public let pendingReadings: Int
    public let recoverAfter: Duration
    public let checkInterval: Duration

    public init(from reader: SettingsReader) {
        upstream = reader.strings(
            "upstream", default: [],
            "Pipes of storage-writers, tcp://host:port; empty: those in the registry folder that `sluice up` keeps.")
        postgres = PostgreSQLSettings(from: reader.shared("postgres"))
        pipes = PipeSettings(from: reader, upstream: upstream)
        pipeline = PipelineSettings(from: reader.shared("pipeline"))
        mergeInterval = reader.duration(
            "merge_interval", default: .seconds(1), in: .milliseconds(50) ... .seconds(60),
            "How often pending readings are merged into the rollups.")
        mergeReadings = reader.int(
            "merge_readings", default: 50_000, in: 1...10_000_000,
            "So many pending readings are merged at once, without waiting for the interval.", reload: .hot)
        pendingReadings = reader.int(
            "pending_readings", default: 200_000, in: 1...10_000_000,
            "Readings kept while PostgreSQL is slow or away. What is beyond is recovered from PostgreSQL later.")
        recoverAfter = reader.duration(
            "recover_after", default: .seconds(5), in: .milliseconds(100) ... .seconds(3_600),
            "Readings stored this long ago that nobody has merged are recovered from PostgreSQL.", reload: .hot)
        checkInterval = reader.duration(
            "check_interval", default: .seconds(1), in: .milliseconds(50) ... .seconds(60),
            "How often to look for such readings.")
    }
}
