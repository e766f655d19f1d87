public import Model
public import Plugins

/// `missing`: a series, or a device as a whole, of which nothing is heard for several times its longest usual silence.
///
/// This learns the silences; whether one is too long is looked at by the clock, by whoever also knows that readings come in at all. A
/// series that began shortly ago is *warming* until it had 20 gaps (unless configured).
public final class MissingReadings: SlotDetector {
    public struct Configuration: Hashable, Sendable {
        /// Silent for so many times the longest usual silence,…
        public var factor = 3.0
        /// …and for so long.
        public var minimum: Duration = .seconds(10)
        /// Silences that must have ended before one can be too long.
        public var warmUp = 20
        /// What was silent for so long is no longer waited for.
        public var forgetAfter: Duration = .seconds(7 * 86_400)

        public init() {}
    }

    public let name: String
    public let configuration: Configuration
    private let minimum: Int64
    private let warmUp: UInt32
    public var states: [GapState] = []

    /// - Precondition: the factor is at least 1, the minimum not below zero.
    public init(name: String = "missing", _ configuration: Configuration = Configuration()) {
        precondition(configuration.factor >= 1 && configuration.minimum >= .zero)
        self.name = name
        self.configuration = configuration
        minimum = configuration.minimum.wholeMicroseconds
        warmUp = UInt32(clamping: configuration.warmUp)
    }

    /// Of memory for each series, in bytes.
    public static var stateSize: Int { MemoryLayout<GapState>.stride }

    public func detect(_ input: DetectorInput, into findings: inout DetectorFindings) {
        states.withUnsafeMutableBufferPointer { states in
            for row in input.batch.receivedAt.indices where input.learning(atRow: row) == .learn {
                states[input.slot(ofRow: row)].hear(at: input.batch.receivedAt[row], warmUp: warmUp)
            }
        }
    }

    /// A reading of any of a device's series.
    @inline(__always)
    public func hear(slot: Int, at time: Int64) { states[slot].hear(at: time, warmUp: warmUp) }

    /// A device's own word.
    ///
    /// - Returns: whether it is news.
    public func hear(slot: Int, _ word: GapState.Word, at time: Timestamp) -> Bool {
        states[slot].hear(word, at: time.microseconds)
    }

    /// Longer is too long, in µs; nil while warming.
    public func limit(slot: Int) -> Int64? {
        let state = states[slot]
        guard state.gaps >= warmUp else { return nil }
        let limit = configuration.factor * state.longest
        return limit < 4e18 ? max(minimum, Int64(limit)) : nil
    }

    /// Whether nothing was heard for so long that it is no longer waited for.
    public func isGone(slot: Int, at now: Timestamp) -> Bool {
        let last = states[slot].last
        guard last != .min else { return false }
        let (silence, overflow) = now.microseconds.subtractingReportingOverflow(last)
        return !overflow && silence > configuration.forgetAfter.wholeMicroseconds
    }

    /// - Parameters:
    ///   - subject: what is silent, as the sentence begins.
    ///   - silence: in µs.
    public func anomaly(_ subject: String, slot: Int, silence: Int64) -> Anomaly {
        let state = states[slot]
        let limit = limit(slot: slot) ?? minimum
        let why = """
            nothing heard of \(subject) for \(Duration.microseconds(silence).words); usually it is \
            \(Duration.microseconds(Int64(state.usual)).words), at most \
            \(Duration.microseconds(Int64(state.longest)).words) (limit \(Duration.microseconds(limit).words))
            """
        return silenceAnomaly(Double(silence) / 1e6, Double(limit) / 1e6, usual: state.usual / 1e6, why)
    }

    /// Something else that says the same, such as a device's last will.
    ///
    /// - Parameter seconds: of silence so far.
    public func anomaly(because why: String, seconds: Double = 0) -> Anomaly {
        silenceAnomaly(seconds, Double(minimum) / 1e6, usual: 0, why)
    }

    private func silenceAnomaly(_ seconds: Double, _ limit: Double, usual: Double, _ why: String) -> Anomaly {
        Anomaly(
            row: 0, detector: name, score: seconds, threshold: limit, expectedLow: 0, expectedHigh: max(usual, 0),
            why: why)
    }

    public func phase(slot: Int) -> DetectorPhase {
        let missing = Int(warmUp) - Int(states[slot].gaps)
        return missing > 0 ? .warming(readingsToGo: missing) : .active
    }
}
