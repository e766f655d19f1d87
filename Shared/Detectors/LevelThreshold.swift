internal import Model
public import Plugins

/// `threshold`: an anomaly where the value leaves fixed limits. The next is one that leaves them again after it was back inside the
/// clear levels, or leaves them on the other side: a value that trembles at a limit is one alert and not many. Until then
/// the score stays 1. Learns nothing, and is *active* from the first reading.
public final class LevelThreshold: Detector, SeriesDetector {
    public struct Configuration: Hashable, Sendable {
        /// Anomalous above this; nil: no upper limit.
        public var above: Double?
        /// Over when not above this; the limit itself when nil.
        public var clearAbove: Double?
        /// Anomalous below this; nil: no lower limit.
        public var below: Double?
        /// Over when not below this; the limit itself when nil.
        public var clearBelow: Double?

        public init() {}
    }

    public let name: String
    let configuration: Configuration
    public var states: [LevelState] = []

    /// - Precondition: there is a limit, and no clear level is outside its limit.
    public init(name: String = "threshold", _ configuration: Configuration) {
        precondition(configuration.above != nil || configuration.below != nil, "a threshold needs a limit")
        precondition(configuration.clearAbove ?? -.infinity <= configuration.above ?? .infinity)
        precondition(configuration.clearBelow ?? .infinity >= configuration.below ?? -.infinity)
        self.name = name
        self.configuration = configuration
    }

    /// Of memory for each series, in bytes.
    public static var stateSize: Int { MemoryLayout<LevelState>.stride }

    @inline(__always)
    public func judge(_ reading: SeriesReading, _ state: inout LevelState, _ findings: inout DetectorFindings) {
        let before = state.side
        state.side = side(of: reading.value, from: before)
        guard state.side != .inside else { return }
        findings.raise(row: reading.row, to: 1)
        let anomaly = anomaly(reading, state.side)
        if state.side == before { findings.ongoing.append(anomaly) } else { findings.anomalies.append(anomaly) }
    }

    @inline(__always)
    private func side(of value: Double, from side: LevelState.Side) -> LevelState.Side {
        let upper = configuration.above ?? .infinity
        let lower = configuration.below ?? -.infinity
        if value > (side == .above ? min(upper, configuration.clearAbove ?? upper) : upper) { return .above }
        if value < (side == .below ? max(lower, configuration.clearBelow ?? lower) : lower) { return .below }
        return .inside
    }

    public func phase(slot: Int) -> DetectorPhase { .active }

    @inline(never)
    private func anomaly(_ reading: SeriesReading, _ side: LevelState.Side) -> Anomaly {
        let isAbove = side == .above
        let limit = (isAbove ? configuration.above : configuration.below) ?? 0
        let distance = abs(reading.value - limit)
        let why =
            "\(reading.value.shortened) is \(distance.shortened) \(isAbove ? "above" : "below") the limit \(limit.shortened)"
        return Anomaly(
            row: UInt32(reading.row), detector: name, score: distance, threshold: limit,
            expectedLow: configuration.below ?? min(limit, reading.value),
            expectedHigh: configuration.above ?? max(limit, reading.value), why: why)
    }
}

public struct LevelState: SeriesState {
    enum Side: UInt8 {
        case inside
        case above
        case below
    }

    private static let version: UInt8 = 1
    var side = Side.inside

    public init() {}

    public var encoded: [UInt8] { [Self.version, side.rawValue] }

    public init?(decoding bytes: [UInt8]) {
        guard bytes.count == 2, bytes[0] == Self.version, let side = Side(rawValue: bytes[1]) else { return nil }
        self.side = side
    }
}
