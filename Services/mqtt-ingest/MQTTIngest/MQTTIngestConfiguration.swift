public import Payload
public import Settings

/// The section `mqtt_ingest` of sluice.yaml.
public struct MQTTIngestConfiguration: SettingsSection, Sendable {
    public static let section = "mqtt_ingest"

    public let mqtt: MQTTSettings
    public let pipes: PipeSettings
    public let pipeline: PipelineSettings
    /// Where preprocessors connect.
    public let bind: String
    /// The broker keeps the session under this name; nil: made of the instance's name.
    public let clientID: String?
    public let subscriptions: [String]
    /// Several instances share the messages; nil: this one takes all.
    public let shareGroup: String?
    /// 2 is taken as 1 towards the broker, with duplicates recognised here.
    public let qos: Int
    public let sessionExpiry: Duration
    public let receiveMaximum: Int
    public let batch: BatchLimits
    public let spool: SpoolSettings
    public let payload: PayloadRules

    public init(from reader: SettingsReader) {
        mqtt = MQTTSettings(from: reader.shared("mqtt"))
        pipeline = PipelineSettings(from: reader.shared("pipeline"))
        bind = reader.string(
            "bind", default: "tcp://127.0.0.1:0", "Where preprocessors connect; port 0 is any free one.")
        pipes = PipeSettings(from: reader, bind: bind)
        clientID = reader.string(
            "client_id", "Under this name the broker keeps the session; `sluice-` and the instance's name by default.")
        subscriptions = reader.strings(
            "subscriptions", default: ["sensors/+/+", "devices/+/status"], "Topic filters to subscribe to.")
        shareGroup = reader.string(
            "share_group", "Several instances with the same group share the messages ($share/group/…).")
        qos = reader.int(
            "qos", default: 1, in: 0...2,
            "Highest quality of service; 2 works as 1 towards the broker, with duplicates recognised here.")
        sessionExpiry = reader.duration(
            "session_expiry", default: .seconds(7 * 86_400), in: .seconds(60) ... .seconds(365 * 86_400),
            "How long the broker queues for us while we are away (MQTT 5).")
        receiveMaximum = reader.int(
            "receive_maximum", default: 10_000, in: 1...32_767,
            "Messages that the broker may send before we acknowledge (MQTT 5).")
        batch = BatchLimits(from: reader)
        spool = SpoolSettings(from: reader.section("spool"))
        payload = PayloadRules(from: reader.section("payload"))
        if shareGroup?.contains(where: { "/+#".contains($0) }) == true {
            reader.reject("share_group", "must not hold /, + or #")
        }
    }
}

/// When a batch is closed and committed.
public struct BatchLimits: Sendable {
    public let readings: Int
    public let bytes: Int
    public let linger: Duration

    init(from reader: SettingsReader) {
        readings = reader.int(
            "batch_readings", default: 4_000, in: 1...100_000, "Readings after which a batch is committed.",
            reload: .hot)
        bytes =
            reader.bytes(
                "batch_bytes", default: .mebibytes(1), in: .kibibytes(1) ... .mebibytes(16),
                "Payload bytes after which a batch is committed.", reload: .hot
            ).bytes
        linger = reader.duration(
            "linger", default: .milliseconds(5), in: .zero ... .seconds(1),
            "How long a batch that is not full waits for more, and up to 400ms while cores are scarce or more than three parts of "
                + "batches are on their way; acknowledgements wait as long.", reload: .hot)
    }
}

/// Where batches lie until they are acknowledged downstream.
public struct SpoolSettings: Sendable {
    public let directory: String
    public let limit: ByteCount
    public let minimumFree: ByteCount
    /// How long nobody must have had a spool open that is then delivered by another; zero: never.
    public let adoptAfter: Duration

    init(from reader: SettingsReader) {
        directory = reader.string(
            "directory", default: "spool", "Folder of the spool; each instance has a file of its own in it.")
        minimumFree = reader.bytes(
            "min_free", default: .mebibytes(64), in: ByteCount(0) ... .gibibytes(1_024),
            "Free space of the disk below which nothing is taken from the broker.", reload: .hot)
        adoptAfter = reader.duration(
            "adopt_after", default: .seconds(30), in: .zero ... .seconds(86_400),
            "How long a spool beside ours must be left before it is delivered from here; 0s is never.")
        limit = reader.bytes(
            "limit", default: .gibibytes(1), in: .kibibytes(64) ... .gibibytes(1_024),
            "Spooled bytes from which on nothing more is taken from the broker.", reload: .hot)
    }
}

extension PayloadRules {
    init(from reader: SettingsReader) {
        self.init()
        sizeLimit =
            reader.bytes(
                "size_limit", default: ByteCount(sizeLimit), in: .kibibytes(1) ... .mebibytes(16),
                "Largest payload; larger ones are dead letters.", reload: .hot
            ).bytes
        depthLimit = reader.int(
            "depth_limit", default: depthLimit, in: 2...256, "How deep objects and arrays may be nested.", reload: .hot)
        clockSkew = reader.duration(
            "clock_skew", default: clockSkew, in: .zero ... .seconds(365 * 86_400),
            "How far in the future a device's clock may be.", reload: .hot)
        bareNumbers = reader.choice(
            "bare_numbers", default: bareNumbers, "Whether a payload that is only a number is a reading.", reload: .hot)
    }
}
