internal import Model
public import Plugins

/// `rate-of-change`: an anomaly when a value moves faster than a limit, by the readings' own times.
///
/// A reading that is not newer than the one before it is not compared and not remembered, and neither is one after a gap: a
/// sensor that was away for a night may return anywhere. *Warming* for the first reading of a series.
public final class RateOfChange: Detector, SeriesDetector {
    public struct Configuration: Hashable, Sendable {
        /// An anomaly moves by more than this, up or down, in the unit of the readings…
        public var limit: Double
        /// …in this time.
        public var interval: Duration = .seconds(60)
        /// Readings further apart are not compared.
        public var longestGap: Duration = .seconds(3_600)

        public init(limit: Double) {
            self.limit = limit
        }
    }

    public let name: String
    let configuration: Configuration
    private let interval: Double
    private let longestGap: Int64
    public var states: [LastReadingState] = []

    /// - Precondition: limit and interval are above zero.
    public init(name: String = "rate-of-change", _ configuration: Configuration) {
        precondition(configuration.limit > 0 && configuration.interval > .zero)
        self.name = name
        self.configuration = configuration
        interval = Double(configuration.interval.wholeMicroseconds)
        longestGap = configuration.longestGap.wholeMicroseconds
    }

    /// Of memory for each series, in bytes.
    public static var stateSize: Int { MemoryLayout<LastReadingState>.stride }

    @inline(__always)
    public func judge(_ reading: SeriesReading, _ state: inout LastReadingState, _ findings: inout DetectorFindings) {
        let time = reading.time.microseconds
        let (elapsed, overflow) = time.subtractingReportingOverflow(state.time)
        // One reading with a clock that is ahead must not silence all that follow until then.
        guard !state.isKnown || overflow || elapsed > 0 || elapsed < -longestGap else { return }
        let before = state
        state = LastReadingState(value: reading.value, time: time)
        guard before.isKnown, !overflow, elapsed > 0, elapsed <= longestGap else { return }
        let rate = (reading.value - before.value) / Double(elapsed) * interval
        findings.raise(row: reading.row, to: Float(min(abs(rate) / configuration.limit, 1)))
        guard abs(rate) > configuration.limit else { return }
        findings.anomalies.append(anomaly(reading, before, rate, elapsed))
    }

    public func phase(slot: Int) -> DetectorPhase { states[slot].isKnown ? .active : .warming(readingsToGo: 1) }

    @inline(never)
    private func anomaly(_ reading: SeriesReading, _ before: LastReadingState, _ rate: Double, _ elapsed: Int64)
        -> Anomaly
    {
        let allowed = configuration.limit * Double(elapsed) / interval
        let why = """
            from \(before.value.shortened) to \(reading.value.shortened) in \
            \(Duration.microseconds(elapsed).words), which is \(rate.shortened) in \(configuration.interval.words) \
            (limit \(configuration.limit.shortened))
            """
        return Anomaly(
            row: UInt32(reading.row), detector: name, score: abs(rate), threshold: configuration.limit,
            expectedLow: before.value - allowed, expectedHigh: before.value + allowed, why: why)
    }
}

public struct LastReadingState: SeriesState {
    private static let version: UInt8 = 1
    var value = 0.0
    /// In µs since 1970.
    var time: Int64 = 0
    var isKnown = false

    public init() {}

    @inline(__always)
    init(value: Double, time: Int64) {
        self.value = value
        self.time = time
        isKnown = true
    }

    public var encoded: [UInt8] {
        var writer = StateWriter(version: Self.version)
        writer.append(UInt8(isKnown ? 1 : 0))
        writer.append(value)
        writer.append(time)
        return writer.bytes
    }

    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        isKnown = reader.integer(UInt8.self) == 1
        value = reader.double()
        time = reader.integer()
        guard reader.isWhole else { return nil }
    }
}
