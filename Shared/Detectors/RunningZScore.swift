internal import Model
public import Plugins

/// `running-zscore`: z = |x − mean| / max(std, floor) of each value against all values before it; an anomaly when z
/// is above the threshold.
///
/// A series passes through these states. *Warming*: the first readings (30 unless configured) are learnt and never
/// alarm. *Active*: what is normal is learnt; an anomaly is not, so that it does not widen what counts as normal.
/// After so many anomalies in a row (30 unless configured) that *is* the level now: the statistics of the run
/// replace the old ones, so that a step change alarms a bounded number of times, and never for ever.
///
/// 20 to 30 ns a reading (`swift run -c release detector-benchmark`). State is 48 bytes a series, in one buffer indexed by
/// slot.
public final class RunningZScore: Detector {
    public struct Configuration: Hashable, Sendable {
        /// An anomaly has a z above this.
        public var threshold = 3.0
        /// The smallest standard deviation that z divides by, in the unit of the readings.
        public var deviationFloor = 0.1
        /// Readings of a series before the first that can be an anomaly.
        public var warmUp = 30
        /// Anomalies in a row after which they are the new level.
        public var learnAfter = 30

        public init() {}
    }

    /// What a series is doing, for status pages.
    public enum Phase: Hashable, Sendable {
        case warming(readingsToGo: Int)
        case active
        /// Inside a run of anomalies: nothing is learnt until it ends or reaches its bound.
        case frozen(anomalies: Int)
    }

    public let name: String
    private let configuration: Configuration
    private var states: [SeriesState] = []

    /// - Precondition: threshold and floor are above zero, `learnAfter` is at least 1.
    public init(name: String = "running-zscore", _ configuration: Configuration = Configuration()) {
        precondition(configuration.threshold > 0 && configuration.deviationFloor > 0 && configuration.learnAfter > 0)
        self.name = name
        self.configuration = configuration
    }

    public func reserveSlots(_ count: Int) {
        guard count > states.count else { return }
        states.append(contentsOf: repeatElement(SeriesState(), count: count - states.count))
    }

    public func reset(slot: Int) {
        states[slot] = SeriesState()
    }

    public func detect(_ input: DetectorInput, into findings: inout DetectorFindings) {
        // Buffers, so that exclusivity and uniqueness are checked once a batch and not for each reading.
        states.withUnsafeMutableBufferPointer { states in
            input.batch.value.withUnsafeBufferPointer { values in
                for row in values.indices {
                    score(values[row], row: row, &states[input.slot(ofRow: row)], input.learning(atRow: row), &findings)
                }
            }
        }
    }

    @inline(__always)
    private func score(
        _ value: Double, row: Int, _ state: inout SeriesState, _ learning: DetectorInput.Learning,
        _ findings: inout DetectorFindings
    ) {
        let z = state.z(of: value, configuration)
        let isAnomaly = z > configuration.threshold
        findings.raise(row: row, to: Float(min(z / configuration.threshold, 1)))
        if isAnomaly {
            findings.anomalies.append(
                anomaly(row: row, value: value, z: z, state: state, learns: learning == .learn))
        }
        if learning == .learn { state.learn(value, isAnomaly: isAnomaly, configuration) }
    }

    public func summary(slot: Int) -> SeriesSummary? {
        let statistics = states[slot].statistics
        return SeriesSummary(
            mean: statistics.mean, standardDeviation: statistics.standardDeviation, count: UInt64(statistics.count))
    }

    public func phase(slot: Int) -> Phase {
        let state = states[slot]
        if state.run.count > 0 { return .frozen(anomalies: Int(state.run.count)) }
        let missing = configuration.warmUp - Int(state.statistics.count)
        return missing > 0 ? .warming(readingsToGo: missing) : .active
    }

    public func exportState(slot: Int) -> [UInt8] {
        states[slot].encoded
    }

    public func importState(_ state: [UInt8], slot: Int) throws {
        states[slot] = SeriesState()
        guard let decoded = SeriesState(decoding: state) else {
            throw PluginError(
                plugin: name, what: "cannot read a state of \(state.count) bytes: it is not of version 1",
                isRetriable: false)
        }
        states[slot] = decoded
    }

    private func anomaly(row: Int, value: Double, z: Double, state: SeriesState, learns: Bool) -> Anomaly {
        let mean = state.statistics.mean
        let deviation = state.statistics.standardDeviation
        var why = """
            \(value.shortened) is \(z.shortened) standard deviations from the mean \(mean.shortened) of \
            \(Int(state.statistics.count)) readings (std \(deviation.shortened), threshold \
            \(configuration.threshold.shortened))
            """
        if learns, Int(state.run.count) + 1 == configuration.learnAfter {
            why += "; the \(configuration.learnAfter) anomalies in a row are taken for the new level"
        }
        return Anomaly(
            row: UInt32(row), detector: name, score: z, threshold: configuration.threshold,
            expectedLow: mean - 2 * deviation, expectedHigh: mean + 2 * deviation, why: why)
    }
}

/// What one series has taught.
struct SeriesState: Equatable {
    var statistics = RunningStatistics()
    /// Of the anomalies since the last normal reading.
    var run = RunningStatistics()

    /// 0 while warming.
    @inline(__always)
    func z(of value: Double, _ configuration: RunningZScore.Configuration) -> Double {
        guard statistics.count >= Double(configuration.warmUp) else { return 0 }
        return abs(value - statistics.mean) / max(statistics.standardDeviation, configuration.deviationFloor)
    }

    @inline(__always)
    mutating func learn(_ value: Double, isAnomaly: Bool, _ configuration: RunningZScore.Configuration) {
        if isAnomaly {
            run.add(value)
            guard run.count >= Double(configuration.learnAfter) else { return }
            statistics = run
        } else {
            statistics.add(value)
        }
        run = RunningStatistics()
    }
}
