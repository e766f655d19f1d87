public import Settings

/// The section `edge_processor` of sluice.yaml.
public struct EdgeProcessorConfiguration: SettingsSection, Sendable {
    public static let section = "edge_processor"

    public enum Input: String, CaseIterable, Sendable {
        /// The broker of `local`.
        case mqtt
        /// JSON lines on standard input, each a reading with `device_id` and `sensor_type`.
        case stdin
    }

    public let input: Input
    public let local: MQTTSettings
    public let uplink: MQTTSettings
    /// As the metadata of readings name it; nil: the instance.
    public let gateway: String?
    public let subscriptions: [String]
    public let sessionExpiry: Duration
    public let linger: Duration
    public let window: Int
    public let spool: UplinkSpoolSettings
    public let holdLimit: Duration
    public let seriesLimit: Int
    public let rules: ProcessingRules
    public let forests: ForestSettings

    public init(from reader: SettingsReader) {
        input = reader.choice("input", default: .mqtt, "Where readings come from: mqtt, or stdin for JSON lines.")
        local = MQTTSettings(from: reader.section("local"))
        uplink = MQTTSettings(from: reader.section("uplink"))
        gateway = reader.string("gateway", "What the metadata of readings call this gateway; the instance by default.")
        subscriptions = reader.strings(
            "subscriptions", default: ["sensors/+/+", "devices/+/status"], "Topic filters on the local broker.")
        sessionExpiry = reader.duration(
            "session_expiry", default: .seconds(7 * 86_400), in: .seconds(60) ... .seconds(365 * 86_400),
            "How long the local broker queues for us while we are away (MQTT 5).")
        linger = reader.duration(
            "linger", default: .milliseconds(50), in: .zero ... .seconds(10),
            "How long readings wait for others to be written to disk with them; acknowledgements wait as long.",
            reload: .hot)
        window = reader.int(
            "window", default: 500, in: 1...10_000, "Messages on their way to the centre before the first is confirmed."
        )
        spool = UplinkSpoolSettings(from: reader.section("spool"))
        holdLimit = reader.duration(
            "hold_limit", default: .seconds(60), in: .seconds(1) ... .seconds(86_400),
            "A reading that a swinging door holds is sent when nothing has followed it for so long.", reload: .hot)
        seriesLimit = reader.int(
            "series_limit", default: 5_000, in: 1...1_000_000,
            "Series (device and sensor type) that are processed; readings of further ones go on as they come.")
        rules = ProcessingRules(from: reader)
        forests = ForestSettings(from: reader.section("forests"))
        if uplink.version == .v311 {
            reader.reject("uplink", "the uplink needs MQTT 5: what is sent twice is recognised by a user property")
        }
    }
}

/// Where messages lie until the centre has confirmed them.
public struct UplinkSpoolSettings: Sendable {
    public let file: String
    public let limit: ByteCount
    public let minimumFree: ByteCount

    init(from reader: SettingsReader) {
        file = reader.string("file", default: "edge-spool.sqlite", "The spool's file.")
        limit = reader.bytes(
            "limit", default: .mebibytes(256), in: .kibibytes(16) ... .gibibytes(1_024),
            "Bytes from which on the oldest readings are thinned: every second one of a series, and again.",
            reload: .hot)
        minimumFree = reader.bytes(
            "min_free", default: .mebibytes(16), in: ByteCount(0) ... .gibibytes(1_024),
            "The check `disk` fails when the disk has less than this left.", reload: .hot)
    }
}

/// The isolation forests that score readings beside the z-score.
public struct ForestSettings: Sendable {
    public enum Mode: String, CaseIterable, Sendable {
        case off
        /// Those of the folder.
        case models
        /// Those of the folder, and for all other series one that is grown on their first readings.
        case learn
    }

    public let mode: Mode
    /// With `<device>.json`, and `default.json` for devices without one.
    public let directory: String?

    init(from reader: SettingsReader) {
        mode = reader.choice(
            "mode", default: .off,
            "off; models: those of `directory`; learn: for all others one grown on their first readings.")
        directory = reader.string(
            "directory", "Model files of export_isolation_forest.py: <device>.json, and default.json for all others.")
        if mode == .models, directory == nil { reader.reject("mode", "models need their `directory`") }
    }

    init(mode: Mode, directory: String? = nil) {
        self.mode = mode
        self.directory = directory
    }
}
