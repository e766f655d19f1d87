/// What becomes of a reading.
public enum TransmissionDecision: Sendable, Hashable {
    case send(SendReason)
    /// Not sent now. The next reading of the sensor type decides: it brings this one along (``Outcome/released``), or
    /// this one is withheld for good.
    case hold
    /// Not sent, within the rule's error bound.
    case withhold
}

/// Why a reading is sent; the raw value is for metrics and payloads.
public enum SendReason: String, Sendable, Hashable, CaseIterable {
    /// There was none before it.
    case first
    /// Good quality and a high anomaly score.
    case anomalous
    /// The relative change was above the threshold.
    case changed
    /// The original's every-N rule.
    case everyNth = "every_nth"
    case outsideBand = "outside_band"
    /// The last one that a straight line reached.
    case doorClosed = "door_closed"
    case heartbeat
    /// Time did not go on at this reading, or at the one after it.
    case timeWentBack = "time_went_back"
    /// It was held, and nothing came after it.
    case flushed
}

/// What a rule says of one reading, and of the one before it.
struct TransmissionStep: Equatable {
    /// Why the held reading is sent now; nil when it is not, or there is none.
    var released: SendReason?
    var decision: TransmissionDecision
}

/// What a rule is told of a reading.
struct TransmissionCandidate {
    var point: Point
    var quality: Double
    var anomalyScore: Double
}
