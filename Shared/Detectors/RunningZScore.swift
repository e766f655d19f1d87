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
public final class RunningZScore: Detector, SeriesDetector {
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

    public let name: String
    let configuration: Configuration
    public var states: [RunningZScoreState] = []

    /// - Precondition: threshold and floor are above zero, `learnAfter` is at least 1.
    public init(name: String = "running-zscore", _ configuration: Configuration = Configuration()) {
        precondition(configuration.threshold > 0 && configuration.deviationFloor > 0 && configuration.learnAfter > 0)
        self.name = name
        self.configuration = configuration
    }

    /// Of memory for each series, in bytes.
    public static var stateSize: Int { MemoryLayout<RunningZScoreState>.stride }

    @inline(__always)
    public func judge(_ reading: SeriesReading, _ state: inout RunningZScoreState, _ findings: inout DetectorFindings) {
        let z = state.z(of: reading.value, configuration)
        let isAnomaly = z > configuration.threshold
        findings.raise(row: reading.row, to: Float(min(z / configuration.threshold, 1)))
        if isAnomaly { findings.anomalies.append(anomaly(reading, z: z, state: state)) }
        state.learn(reading.value, isAnomaly: isAnomaly, configuration)
    }

    public func summary(slot: Int) -> SeriesSummary? { states[slot].statistics.summary }

    public func phase(slot: Int) -> DetectorPhase {
        let state = states[slot]
        if state.run.count > 0 { return .frozen(anomalies: Int(state.run.count)) }
        let missing = configuration.warmUp - Int(state.statistics.count)
        return missing > 0 ? .warming(readingsToGo: missing) : .active
    }

    @inline(never)
    private func anomaly(_ reading: SeriesReading, z: Double, state: RunningZScoreState) -> Anomaly {
        let mean = state.statistics.mean
        let deviation = state.statistics.standardDeviation
        var why = """
            \(reading.value.shortened) is \(z.shortened) standard deviations from the mean \(mean.shortened) of \
            \(Int(state.statistics.count)) readings (std \(deviation.shortened), threshold \
            \(configuration.threshold.shortened))
            """
        if Int(state.run.count) + 1 == configuration.learnAfter {
            why += "; the \(configuration.learnAfter) anomalies in a row are taken for the new level"
        }
        return Anomaly(
            row: UInt32(reading.row), detector: name, score: z, threshold: configuration.threshold,
            expectedLow: mean - 2 * deviation, expectedHigh: mean + 2 * deviation, why: why)
    }
}

/// What one series has taught.
public struct RunningZScoreState: SeriesState, Equatable {
    var statistics = RunningStatistics()
    /// Of the anomalies since the last normal reading.
    var run = RunningStatistics()

    public init() {}

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
