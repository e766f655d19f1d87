internal import Glibc
internal import Model
public import Plugins

/// `tailsum`, the default: how unlikely a reading is by its level, the time of day, the hour of the week and the range so
/// far, summed, and calibrated against the sums of the series itself.
///
/// Strictly causal and of constant cost: each reading is judged by those before it. A series passes from *warming* (300 readings
/// unless configured, which are learnt and never alarm) to *active*. What alarms is learnt like everything else, so a step
/// change alarms and is then the level: after an alert 120 readings must pass before the next, unless it is 2.5 times as strong,
/// and a series that alarms often needs ever stronger evidence. Its definition, step by step, is in `docs/detectors.md`.
public final class TailSum: Detector, SeriesDetector {
    public struct Configuration: Hashable, Sendable {
        /// An alert needs a score of this much. From 1.1 to 1.8 the results hardly differ.
        public var threshold = 1.44
        /// Readings of a series before the first that can alarm.
        public var warmUp = 300
        package var tuning = Tuning()

        public init() {}
    }

    public let name: String
    let configuration: Configuration
    public var states: [TailSumState] = []

    /// - Precondition: the threshold is above zero.
    public init(name: String = "tailsum", _ configuration: Configuration = Configuration()) {
        precondition(configuration.threshold > 0, "a threshold of \(configuration.threshold) would always alarm")
        self.name = name
        self.configuration = configuration
    }

    /// Of memory for each series, in bytes.
    public static var stateSize: Int { MemoryLayout<TailSumState>.stride }

    @inline(__always)
    public func judge(_ reading: SeriesReading, _ state: inout TailSumState, _ findings: inout DetectorFindings) {
        let usual = (level: state.level, deviation: state.deviation)
        let verdict = state.take(reading.value, second: reading.second, configuration)
        guard Int(state.count) > configuration.warmUp else { return }
        findings.raise(row: reading.row, to: Float(min(verdict.score / configuration.threshold, 1)))
        guard verdict.isAlert else { return }
        findings.anomalies.append(anomaly(reading, verdict, usual.level, usual.deviation, state.count))
    }

    public func phase(slot: Int) -> DetectorPhase {
        let missing = configuration.warmUp - Int(states[slot].count)
        return missing > 0 ? .warming(readingsToGo: missing) : .active
    }

    @inline(never)
    private func anomaly(
        _ reading: SeriesReading, _ verdict: TailSumState.Verdict, _ level: Double, _ deviation: Double, _ count: Double
    ) -> Anomaly {
        let parts = [
            ("level", verdict.ofLevel), ("time of day", verdict.ofDay), ("hour of the week", verdict.ofWeek),
            ("range so far", verdict.ofRange),
        ]
        let named = parts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1.shortened)" }.joined(separator: ", ")
        // Three standard deviations, were the errors normal: their mean size is √(2/π) of one.
        let width = 3 * deviation * (Double.pi / 2).squareRoot()
        let why = """
            \(reading.value.shortened) is \(abs(reading.value - level).shortened) from the level \(level.shortened) of \
            \(Int(count) - 1) readings (mean deviation \(deviation.shortened)); unusual by \
            \(named.isEmpty ? "the sum" : named) (score \(verdict.score.shortened), threshold \
            \(configuration.threshold.shortened))
            """
        return Anomaly(
            row: UInt32(reading.row), detector: name, score: verdict.score, threshold: configuration.threshold,
            expectedLow: level - width, expectedHigh: level + width, why: why)
    }

    /// −log10 of 0.005: what the quantile itself is worth.
    static let atQuantile = 2.30103
    static let log10e = 0.4342945
    static let budgetDecay = exp2(-1.0 / 4_000)
}
