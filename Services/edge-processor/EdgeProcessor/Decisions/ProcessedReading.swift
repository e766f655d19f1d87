public import Model

/// A reading with what the gateway found out about it.
public struct ProcessedReading: Sendable, Hashable {
    public var device: String
    /// The sensor type.
    public var sensor: String
    /// When it was measured.
    public var timestamp: Timestamp
    /// 1, 2, 3, … among the readings that were processed of this device since the gateway started.
    public var number: UInt64
    public var raw: Double
    /// Smoothed; the raw value while there are too few readings.
    public var processed: Double
    /// 0.1…1, of the last 10 readings of the sensor type; 1 while there are fewer.
    public var quality: Double
    /// 0…1, against the 19 readings before it; 0 while there are fewer.
    public var anomalyScore: Double
    public var decision: TransmissionDecision

    /// Above it a score counts as an anomaly.
    public static let anomalyThreshold = 0.8

    /// As ``ProcessingStatistics/anomalies`` counts.
    public var isAnomalous: Bool { anomalyScore > Self.anomalyThreshold }
}

/// What came of one reading.
public struct Outcome: Sendable, Hashable {
    public var reading: ProcessedReading
    /// The one before it of the same sensor type, which was held (``TransmissionDecision/hold``) and is to be sent
    /// now.
    public var released: ProcessedReading?

    /// Calls `body` with what is to be sent now, none to two readings, in the order in which they came.
    public func forEachToSend<Failure: Error>(
        _ body: (ProcessedReading) throws(Failure) -> Void
    ) throws(Failure) {
        if let released { try body(released) }
        if case .send = reading.decision { try body(reading) }
    }
}

/// A reading that was refused at the door, and left no trace in what its series remembers.
public enum ReadingRejection: Error, Hashable, CustomStringConvertible {
    case emptyDevice
    case emptySensor
    /// Infinite, or not a number.
    case notFinite(Double)

    /// As dead letters and metrics name it.
    public var discardReason: DiscardReason {
        switch self {
        case .emptyDevice, .emptySensor: .invalidTopic
        case .notFinite(let value): value.isNaN ? .valueNotANumber : .numberOutOfRange
        }
    }

    public var description: String {
        switch self {
        case .emptyDevice: "the device has no name"
        case .emptySensor: "the sensor type has no name"
        case .notFinite(let value): "value \(value) is not a finite number"
        }
    }
}

/// Counted since the gateway started.
public struct ProcessingStatistics: Sendable, Hashable {
    /// Readings that were processed; those that were rejected are none.
    public var processed: UInt64 = 0
    /// Readings with an anomaly score above 0.8.
    public var anomalies: UInt64 = 0
    public var sent: UInt64 = 0
    public var rejected: UInt64 = 0

    public init() {}
}
