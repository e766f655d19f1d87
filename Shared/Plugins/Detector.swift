public import Model

/// Series in, scores and anomalies out. Stateful: it keeps what it learnt of each series, in memory, with one owner.
///
/// The host gives each series (device and sensor, whatever the unit) a slot, a small number that it reuses after
/// ``reset(slot:)``. So a detector's state can be one contiguous buffer indexed by slot, in Swift or behind a C ABI, and nothing is
/// hashed per reading. All calls come from one thread.
public protocol Detector: AnyObject {
    /// Its name in the configuration; anomalies, checkpoints, metrics and errors show it.
    var name: String { get }

    /// Slots 0..<count will be used. Never shrinks; new slots are in the state of a series never seen.
    func reserveSlots(_ count: Int)

    /// Forgets what the slot learnt.
    func reset(slot: Int)

    /// Scores the rows of a batch in order, and learns from them.
    func detect(_ input: DetectorInput, into findings: inout DetectorFindings) throws

    /// The slot's state for a checkpoint, compact, in a form of the detector's own that begins with a version.
    func exportState(slot: Int) -> [UInt8]

    /// Takes a state back.
    ///
    /// - Throws: ``PluginError`` for a blob of another version or length; the slot is then as after ``reset(slot:)``.
    func importState(_ state: [UInt8], slot: Int) throws

    /// What `stats:{device}:{sensor}` shows of the slot; nil when the detector keeps no such figures.
    func summary(slot: Int) -> SeriesSummary?

    /// What it does with the series now, for status pages.
    func phase(slot: Int) -> DetectorPhase

    /// Does a few milliseconds of what states that were taken back still need, so that not all of it is left to the batches.
    ///
    /// - Returns: whether more is left.
    func catchUp() -> Bool

    /// Does that for one slot, at once: its next reading is judged as if the state had never been away.
    ///
    /// - Returns: whether anything was to be done.
    func catchUp(slot: Int) -> Bool
}

extension Detector {
    public func catchUp() -> Bool { false }
    public func catchUp(slot: Int) -> Bool { false }
}

/// A detector of devices as a whole: slots, and what is to be learnt, are its input's devices'; the series say which sensor a reading is of.
public protocol DeviceDetector: Detector {}

/// What a detector does with a series.
public enum DetectorPhase: Hashable, Sendable {
    /// Learning, and never alarming.
    case warming(readingsToGo: Int)
    case active
    /// Inside a run of anomalies: nothing is learnt until it ends or reaches its bound.
    case frozen(anomalies: Int)
}

/// Mean, standard deviation and count, as the Redis hash shows them.
public struct SeriesSummary: Hashable, Sendable {
    public var mean: Double
    public var standardDeviation: Double
    public var count: UInt64

    public init(mean: Double, standardDeviation: Double, count: UInt64) {
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.count = count
    }
}

/// What a detector reads.
public struct DetectorInput {
    public enum Learning: Hashable, Sendable {
        case learn
        /// A redelivered batch that this series learnt already: score it against the state as it is, change nothing.
        case scoreOnly
        /// The series is not one of this detector's: neither score nor learn it.
        case ignore
    }

    public var batch: ReadingBatch
    /// The slot of each entry of `batch.series`, parallel to it.
    public var slots: [Int32]
    /// For each entry of `batch.series`, parallel to it: states were checkpointed series by series, so a batch that
    /// comes again may be known to some of them only.
    public var learning: [Learning]
    public var now: Timestamp

    public init(batch: ReadingBatch, slots: [Int32], learning: [Learning], now: Timestamp) {
        self.batch = batch
        self.slots = slots
        self.learning = learning
        self.now = now
    }

    @inlinable
    public func slot(ofRow row: Int) -> Int {
        Int(slots[Int(batch.seriesIndex[row])])
    }

    @inlinable
    public func learning(atRow row: Int) -> Learning {
        learning[Int(batch.seriesIndex[row])]
    }
}

/// What detectors write. Several in a row share it: each raises what it scores higher than those before it.
public struct DetectorFindings: Sendable {
    /// One score a row, 0…1: what `anomaly_score` shows. Comes in as the detectors before left it.
    public var scores: [Float]
    /// In any order; the host sorts them by row.
    public var anomalies: [Anomaly] = []
    /// Readings that are as anomalous as one before, of a detector that says so once: an alert on it lasts by them. They are no
    /// anomalies of their own.
    public var ongoing: [Anomaly] = []
    /// Detectors that have not judged these readings: they failed, or were left alone. Their silence says nothing.
    public var unjudged: Set<String> = []

    public init(rows: Int) {
        scores = [Float](repeating: 0, count: rows)
    }

    /// Keeps the higher of the score there and this one.
    @inlinable
    public mutating func raise(row: Int, to score: Float) {
        if score > scores[row] { scores[row] = score }
    }
}

extension ReadingBatch {
    /// Puts what the detectors found into the batch's columns.
    public mutating func take(_ findings: DetectorFindings) {
        precondition(findings.scores.count == count, "\(findings.scores.count) scores for \(count) readings")
        anomalyScore = findings.scores
        guard !findings.anomalies.isEmpty else { return }
        anomalies = (anomalies + findings.anomalies).sorted { $0.row < $1.row }
    }
}
