public import DetectorCatalog
public import Settings
public import Webhooks

/// The section `anomaly_detector` of sluice.yaml.
public struct AnomalyDetectorConfiguration: SettingsSection, Sendable {
    public static let section = "anomaly_detector"

    /// Pipes of preprocessors; empty: those that are registered beside this instance.
    public let upstream: [String]
    /// Where storage-writers connect.
    public let bind: String
    /// Readings that it takes at once from each upstream.
    public let credit: Int
    public let pipes: PipeSettings
    public let pipeline: PipelineSettings
    public let mqtt: MQTTSettings
    public let redis: RedisSettings
    public let postgres: PostgreSQLSettings
    public let inhibitDevices: Bool
    /// Web servers that are told.
    public let webhooks: [WebhookSettings]
    public let checkpointInterval: Duration
    public let journalLimit: ByteCount
    public let idleAfter: Duration
    public let alertPatience: Duration
    public let plugins: PluginSettings
    /// In the order in which they run.
    public let detectors: [DetectorSettings]

    public init(from reader: SettingsReader) {
        upstream = reader.strings(
            "upstream", default: [],
            "Pipes of preprocessors, tcp://host:port; empty: those in the registry folder that `sluice up` keeps.")
        bind = reader.string(
            "bind", default: "tcp://127.0.0.1:0", "Where storage-writers connect; port 0 is any free one.")
        credit = reader.int(
            "credit", default: 20_000, in: 100...1_000_000, "Readings that it takes at once from each preprocessor.")
        pipes = PipeSettings(from: reader, bind: bind, upstream: upstream)
        pipeline = PipelineSettings(from: reader.shared("pipeline"))
        mqtt = MQTTSettings(from: reader.shared("mqtt"))
        redis = RedisSettings(from: reader.shared("redis"))
        postgres = PostgreSQLSettings(from: reader.shared("postgres"))
        inhibitDevices = reader.bool(
            "inhibit_offline_devices", default: true,
            "While a device as a whole is missing, alerts of its sensors are recorded and not told.")
        webhooks = WebhookSettings.list("webhooks", from: reader)
        checkpointInterval = reader.duration(
            "checkpoint_interval", default: .seconds(5), in: .milliseconds(50) ... .seconds(3_600),
            "How often what was learnt is saved to Redis.")
        journalLimit = reader.bytes(
            "journal_limit", default: .mebibytes(64), in: ByteCount(0) ... .gibibytes(4),
            "What Redis may hold of batches that were acknowledged since the last checkpoint; more brings the next one forward. 0: nothing, and a kill costs what they taught."
        )
        idleAfter = reader.duration(
            "idle_after", default: .seconds(3_600), in: .seconds(60) ... .seconds(30 * 86_400),
            "A series that was silent for so long is kept in Redis only.")
        alertPatience = reader.duration(
            "alert_patience", default: .seconds(2), in: .zero ... .seconds(60),
            "How long alerts wait for PostgreSQL before people are told without it, and a batch for both.")
        plugins = PluginSettings(from: reader.shared("plugins"))
        detectors = DetectorSettings.list("detectors", from: reader)
    }
}
