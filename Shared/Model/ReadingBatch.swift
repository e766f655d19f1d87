/// The unit of pipes, plugins, acks, metrics and SQL: many readings as parallel columns.
///
/// Row `i` is `seriesIndex[i]`, `timestamp[i]`, `value[i]`, `receivedAt[i]`, `position[i]`, and `quality[i]` and
/// `anomalyScore[i]` where those columns are filled. What few rows have (location, metadata, flags, anomalies) is
/// sparse: each entry names its row, entries are in ascending row order.
public struct ReadingBatch: Sendable, Equatable {
    /// Which spooled batch this is, or is a part of.
    public var identity: BatchIdentity
    /// Every batch of this producer with a smaller sequence is stored for good.
    public var lowWater: UInt64

    /// The dictionary of series that `seriesIndex` points into.
    public var series: [Series] = []

    public var seriesIndex: [UInt32] = []
    /// When it was measured, µs since 1970 UTC.
    public var timestamp: [Int64] = []
    public var value: [Double] = []
    /// When mqtt-ingest read it from the broker, µs since 1970 UTC.
    public var receivedAt: [Int64] = []
    /// The place in the spooled batch. Splitting a batch keeps it, so (producer, sequence, position) names a reading.
    public var position: [UInt32] = []
    /// 0…1; empty means 1.0 for every row.
    public var quality: [Float] = []
    /// Empty until a detector has run.
    public var anomalyScore: [Float] = []

    /// JSON object of names to numbers, as text.
    public var locations: [SparseText] = []
    /// JSON object, as text.
    public var metadata: [SparseText] = []
    public var flags: [SparseFlags] = []
    public var anomalies: [Anomaly] = []

    public var deadLetters: [DeadLetter] = []
    public var presence: [PresenceChange] = []
    /// Which of all this came out of the dead letters again.
    public var replays: [Replay] = []

    /// Set by the preprocessor for the whole batch; `metadata` of every reading shows both.
    public var processedAt: Timestamp?
    public var pipelineVersion: String?
    /// The instances that it came through, in that order, as they name themselves.
    public var route: [String] = []

    public init(identity: BatchIdentity, lowWater: UInt64 = 0) {
        self.identity = identity
        self.lowWater = lowWater
    }

    /// The number of readings.
    @inlinable
    public var count: Int { value.count }

    /// Nothing at all to store.
    @inlinable
    public var isEmpty: Bool { value.isEmpty && deadLetters.isEmpty && presence.isEmpty }
}

/// The identity that exactly-once rests on.
public struct BatchIdentity: Hashable, Sendable {
    /// Unique to one spool file for ever: a new spool is a new producer.
    public var producer: String
    /// 1, 2, 3, … within the producer.
    public var sequence: UInt64

    public init(producer: String, sequence: UInt64) {
        self.producer = producer
        self.sequence = sequence
    }
}

/// What a reading is of. The unit belongs to it, so that it is written once a batch.
///
/// Two series are the same when their bytes are, as for PostgreSQL and Redis; Swift's strings would also be equal when
/// they only mean the same characters (``ExactText``).
public struct Series: Hashable, Sendable {
    public var device: String
    public var sensor: String
    public var unit: String
    public var partition: Partition

    public init(device: String, sensor: String, unit: String, partition: Partition) {
        self.device = device
        self.sensor = sensor
        self.unit = unit
        self.partition = partition
    }

    public static func == (left: Series, right: Series) -> Bool {
        left.partition == right.partition && ExactText(left.device) == ExactText(right.device)
            && ExactText(left.sensor) == ExactText(right.sensor) && ExactText(left.unit) == ExactText(right.unit)
    }

    public func hash(into hasher: inout Hasher) {
        ExactText(device).hash(into: &hasher)
        ExactText(sensor).hash(into: &hasher)
        ExactText(unit).hash(into: &hasher)
    }
}

public struct SparseText: Hashable, Sendable {
    public var row: UInt32
    public var text: String

    public init(row: UInt32, text: String) {
        self.row = row
        self.text = text
    }
}

/// What MQTT said about the message that brought a reading.
public struct DeliveryFlags: OptionSet, Hashable, Sendable {
    public var rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static let retained = DeliveryFlags(rawValue: 1)
    public static let duplicate = DeliveryFlags(rawValue: 2)
}

public struct SparseFlags: Hashable, Sendable {
    public var row: UInt32
    public var flags: DeliveryFlags

    public init(row: UInt32, flags: DeliveryFlags) {
        self.row = row
        self.flags = flags
    }
}

/// One detector's finding on one reading, with why.
public struct Anomaly: Hashable, Sendable {
    public var row: UInt32
    /// The detector's name in the configuration.
    public var detector: String
    /// The score that the detector compared with its threshold (z for the z-scores).
    public var score: Double
    public var threshold: Double
    public var expectedLow: Double
    public var expectedHigh: Double
    /// A sentence for people.
    public var why: String

    public init(
        row: UInt32, detector: String, score: Double, threshold: Double, expectedLow: Double, expectedHigh: Double,
        why: String
    ) {
        self.row = row
        self.detector = detector
        self.score = score
        self.threshold = threshold
        self.expectedLow = expectedLow
        self.expectedHigh = expectedHigh
        self.why = why
    }
}

/// A message, or one reading out of one, that cannot be stored as a reading.
public struct DeadLetter: Hashable, Sendable {
    /// Numbered with the readings of the spooled batch.
    public var position: UInt32
    /// Of the topic's device, so that exactly-once covers dead letters too.
    public var partition: Partition
    public var topic: String
    /// The bytes that publishing to `topic` again would replay.
    public var payload: [UInt8]
    public var reason: DiscardReason
    /// A sentence: what was found where, and what was expected.
    public var detail: String
    /// The service that gave it up.
    public var stage: String
    public var receivedAt: Timestamp

    /// The MQTT 5 user property that carries the event id of a dead letter that is published again.
    public static let replayProperty = "sluice-replay"

    public init(
        position: UInt32, partition: Partition, topic: String, payload: [UInt8], reason: DiscardReason, detail: String,
        stage: String, receivedAt: Timestamp
    ) {
        self.position = position
        self.partition = partition
        self.topic = topic
        self.payload = payload
        self.reason = reason
        self.detail = detail
        self.stage = stage
        self.receivedAt = receivedAt
    }
}

/// A device said that it came or went (`devices/{device}/status`). Not a reading.
public struct PresenceChange: Hashable, Sendable {
    public var position: UInt32
    public var partition: Partition
    public var device: String
    /// As the device said it: `online`, `offline`, or its own word.
    public var status: String
    public var at: Timestamp
    /// JSON object of whatever else the message held, as text.
    public var attributes: String?

    public init(
        position: UInt32, partition: Partition, device: String, status: String, at: Timestamp, attributes: String?
    ) {
        self.position = position
        self.partition = partition
        self.device = device
        self.status = status
        self.at = at
        self.attributes = attributes
    }
}
