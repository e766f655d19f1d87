internal import Glibc
internal import Model
public import Plugins

/// `flat-line`: a sensor that is stuck. A run is readings in a row that do not differ from its first one; it is an anomaly from
/// where it is several times longer than the longest that was usual for the series; one for each run, and a score of 1 to its end.
///
/// A series that has hardly ever changed is one that may stand still, such as a door's: it is *warming* until it has changed 20
/// times (unless configured). What was too long is learnt in part, at most doubling what is usual, so that a series
/// which now moves more seldom alarms some times and not for ever.
public final class FlatLine: Detector, SeriesDetector {
    public struct Configuration: Hashable, Sendable {
        /// Readings that differ by no more count as equal, in the unit of the readings.
        public var tolerance = 0.0
        /// A run is not too long before it has so many readings,…
        public var readings = 60
        /// …has lasted so long,…
        public var duration: Duration = .seconds(0)
        /// …and is so many times as long as the longest usual one.
        public var factor = 4.0
        /// Runs that must have ended before one can be too long.
        public var warmUp = 20

        public init() {}
    }

    public let name: String
    let configuration: Configuration
    private let duration: Int64
    public var states: [FlatLineState] = []

    /// - Precondition: the tolerance is not below zero, the factor at least 1, readings at least 2.
    public init(name: String = "flat-line", _ configuration: Configuration = Configuration()) {
        precondition(configuration.tolerance >= 0 && configuration.factor >= 1 && configuration.readings >= 2)
        self.name = name
        self.configuration = configuration
        duration = configuration.duration.wholeMicroseconds
    }

    /// Of memory for each series, in bytes.
    public static var stateSize: Int { MemoryLayout<FlatLineState>.stride }

    @inline(__always)
    public func judge(_ reading: SeriesReading, _ state: inout FlatLineState, _ findings: inout DetectorFindings) {
        let time = reading.time.microseconds
        guard abs(reading.value - state.value) <= configuration.tolerance, state.length > 0 else {
            return state.begin(reading.value, time)
        }
        state.length += 1
        guard state.runs >= Double(configuration.warmUp) else { return }
        let limit = max(Double(configuration.readings), configuration.factor * state.longest)
        findings.raise(row: reading.row, to: Float(min(state.length / limit, 1) * 0.5))
        guard state.length >= limit, duration == 0 || time &- state.start >= duration else { return }
        findings.raise(row: reading.row, to: 1)
        let anomaly = anomaly(reading, state, limit)
        if state.hasAlarmed { findings.ongoing.append(anomaly) } else { findings.anomalies.append(anomaly) }
        state.hasAlarmed = true
    }

    public func phase(slot: Int) -> DetectorPhase {
        let missing = configuration.warmUp - Int(states[slot].runs)
        return missing > 0 ? .warming(readingsToGo: missing) : .active
    }

    @inline(never)
    private func anomaly(_ reading: SeriesReading, _ state: FlatLineState, _ limit: Double) -> Anomaly {
        let lasted = Duration.microseconds(max(0, reading.time.microseconds &- state.start)).words
        let why = """
            \(state.value.shortened) has not changed for \(Int(state.length)) readings (\(lasted)); the longest usual run \
            is of \(Int(state.longest)) (limit \(Int(limit.rounded(.up))))
            """
        return Anomaly(
            row: UInt32(reading.row), detector: name, score: state.length, threshold: limit,
            expectedLow: state.value - configuration.tolerance, expectedHigh: state.value + configuration.tolerance,
            why: why)
    }
}

public struct FlatLineState: SeriesState {
    private static let version: UInt8 = 1
    /// A run that was the longest is half forgotten after 1,000 others.
    private static let decay = exp2(-1.0 / 1_000)

    /// The first of the run.
    private(set) var value = 0.0
    /// Of the run's first reading, in µs since 1970.
    private(set) var start: Int64 = 0
    /// Readings in the run.
    var length = 0.0
    /// Of the usual runs, in readings.
    private(set) var longest = 0.0
    /// Runs that have ended.
    private(set) var runs = 0.0
    /// In this run.
    var hasAlarmed = false

    public init() {}

    /// The run so far has ended.
    @inline(__always)
    mutating func begin(_ value: Double, _ time: Int64) {
        if length > 0 {
            longest = max(longest * Self.decay, min(length, max(2 * longest, 16)))
            runs += 1
        }
        self.value = value
        start = time
        length = 1
        hasAlarmed = false
    }

    public var encoded: [UInt8] {
        var writer = StateWriter(version: Self.version)
        writer.append(value)
        writer.append(start)
        for number in [length, longest, runs] { writer.append(number) }
        writer.append(UInt8(hasAlarmed ? 1 : 0))
        return writer.bytes
    }

    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        value = reader.double()
        start = reader.integer()
        (length, longest, runs) = (reader.count(), reader.count(), reader.count())
        hasAlarmed = reader.integer(UInt8.self) == 1
        guard reader.isWhole else { return nil }
    }
}
