internal import Model
public import Plugins

/// `window-zscore`: z = |x − mean| / max(std, floor) of each value against the values just before it, 19 unless configured, with
/// the standard deviation of the population.
///
/// The rule of the original system's edge script, which scored min(z / 3, 1) and counted above 0.8, a z of 2.4. The window
/// moves on whatever comes, so a step change alarms for as long as half a window, and is then usual. Both sums are taken anew for
/// each reading: nothing drifts. *Warming* until the window is full.
public final class WindowZScore: Detector, SeriesDetector {
    public struct Configuration: Hashable, Sendable {
        /// Readings that one is compared with, 2…63.
        public var window = 19
        /// An anomaly has a z above this.
        public var threshold = 2.4
        /// A z of this much scores 1.
        public var full = 3.0
        /// The smallest standard deviation that z divides by, in the unit of the readings.
        public var deviationFloor = 0.1

        public init() {}
    }

    public let name: String
    let configuration: Configuration
    public var states: [WindowState] = []

    /// - Precondition: the window is 2…63 readings long; threshold, `full` and floor are above zero.
    public init(name: String = "window-zscore", _ configuration: Configuration = Configuration()) {
        precondition((2...WindowState.limit).contains(configuration.window), "a window of \(configuration.window)")
        precondition(configuration.threshold > 0 && configuration.full > 0 && configuration.deviationFloor > 0)
        self.name = name
        self.configuration = configuration
    }

    /// Of memory for each series, in bytes.
    public static var stateSize: Int { MemoryLayout<WindowState>.stride }

    @inline(__always)
    public func judge(_ reading: SeriesReading, _ state: inout WindowState, _ findings: inout DetectorFindings) {
        state.fit(configuration.window)
        defer { state.add(reading.value, window: configuration.window) }
        guard state.count >= configuration.window else { return }
        let (mean, deviation) = state.statistics(of: configuration.window)
        let z = abs(reading.value - mean) / max(deviation, configuration.deviationFloor)
        findings.raise(row: reading.row, to: Float(min(z / configuration.full, 1)))
        guard z > configuration.threshold else { return }
        findings.anomalies.append(anomaly(reading, z, mean, deviation))
    }

    public func phase(slot: Int) -> DetectorPhase {
        let missing = configuration.window - Int(states[slot].count)
        return missing > 0 ? .warming(readingsToGo: missing) : .active
    }

    @inline(never)
    private func anomaly(_ reading: SeriesReading, _ z: Double, _ mean: Double, _ deviation: Double) -> Anomaly {
        let why = """
            \(reading.value.shortened) is \(z.shortened) standard deviations from the mean \(mean.shortened) of the \
            \(configuration.window) readings before it (std \(deviation.shortened), threshold \
            \(configuration.threshold.shortened))
            """
        let width = configuration.threshold * max(deviation, configuration.deviationFloor)
        return Anomaly(
            row: UInt32(reading.row), detector: name, score: z, threshold: configuration.threshold,
            expectedLow: mean - width, expectedHigh: mean + width, why: why)
    }
}

/// The last values of a series, the oldest overwritten.
public struct WindowState: SeriesState {
    static let limit = 63
    private static let version: UInt8 = 1

    private(set) var count: UInt8 = 0
    private var next: UInt8 = 0
    private var values = InlineArray<63, Double>(repeating: 0)

    public init() {}

    /// A state may come from a longer window.
    @inline(__always)
    mutating func fit(_ window: Int) {
        if count > window { shorten(to: window) }
    }

    @inline(__always)
    mutating func add(_ value: Double, window: Int) {
        let index = Int(next) < window ? Int(next) : 0
        values[index] = value
        next = UInt8(index + 1)
        if count < window { count += 1 }
    }

    /// Keeps the newest values, which an imported state has in order.
    private mutating func shorten(to window: Int) {
        let surplus = Int(count) - window
        for index in 0..<window { values[index] = values[index + surplus] }
        count = UInt8(window)
        next = 0
    }

    /// Mean and standard deviation of the population.
    @inline(__always)
    func statistics(of window: Int) -> (mean: Double, deviation: Double) {
        // A span: the array's own subscript would copy the array.
        let values = values.span
        var sum = 0.0
        for index in 0..<window { sum += values[index] }
        let mean = sum / Double(window)
        var squares = 0.0
        for index in 0..<window {
            let difference = values[index] - mean
            squares += difference * difference
        }
        return (mean, (squares / Double(window)).squareRoot())
    }

    /// From the oldest value to the newest.
    public var encoded: [UInt8] {
        var writer = StateWriter(version: Self.version, capacity: 2 + 8 * Int(count))
        writer.append(count)
        let start = next < count ? Int(next) : 0
        for index in 0..<Int(count) { writer.append(values[(start + index) % Int(count)]) }
        return writer.bytes
    }

    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        let found = Int(reader.integer(UInt8.self))
        guard found <= Self.limit else { return nil }
        for index in 0..<found { values[index] = reader.double() }
        guard reader.isWhole else { return nil }
        count = UInt8(found)
        next = count
    }
}
