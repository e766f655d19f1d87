public import Model
public import Plugins

/// A detector that judges each reading by what it knows of the reading's own series, in one buffer of states indexed by slot.
///
/// A conforming class is final and says only how a reading is judged; the compiler then makes one loop of both.
public protocol SeriesDetector: Detector {
    associatedtype State: SeriesState
    /// By slot.
    var states: [State] { get set }
    /// Judges a reading and learns from it.
    func judge(_ reading: SeriesReading, _ state: inout State, _ findings: inout DetectorFindings)
}

/// What a detector knows of one series.
public protocol SeriesState {
    /// Of a series never seen.
    init()
    /// The checkpoint's form; begins with a version.
    var encoded: [UInt8] { get }
    /// Nil for anything but what ``encoded`` gives, impossible numbers included.
    init?(decoding bytes: [UInt8])
}

public struct SeriesReading {
    public var row: Int
    public var value: Double
    /// When it was measured.
    public var time: Timestamp

    /// Whole seconds since 1970, rounded down.
    @inline(__always)
    public var second: Int64 { time.microseconds.flooredQuotient(1_000_000) }
}

extension SeriesDetector {
    public func reserveSlots(_ count: Int) {
        guard count > states.count else { return }
        states.append(contentsOf: repeatElement(State(), count: count - states.count))
    }

    public func reset(slot: Int) {
        states[slot] = State()
    }

    public func detect(_ input: DetectorInput, into findings: inout DetectorFindings) {
        // Buffers, so that exclusivity and uniqueness are checked once a batch and not for each reading.
        states.withUnsafeMutableBufferPointer { states in
            input.batch.value.withUnsafeBufferPointer { values in
                input.batch.timestamp.withUnsafeBufferPointer { times in
                    // What is not finite should not be here, and would poison what is learnt.
                    for row in values.indices where values[row].isFinite {
                        let reading = SeriesReading(
                            row: row, value: values[row], time: Timestamp(microseconds: times[row]))
                        let slot = input.slot(ofRow: row)
                        switch input.learning(atRow: row) {
                        case .learn: judge(reading, &states[slot], &findings)
                        case .scoreOnly:
                            var copy = states[slot]
                            judge(reading, &copy, &findings)
                        case .ignore: break
                        }
                    }
                }
            }
        }
    }

    public func exportState(slot: Int) -> [UInt8] { states[slot].encoded }

    public func importState(_ state: [UInt8], slot: Int) throws {
        states[slot] = State()
        guard let decoded = State(decoding: state) else {
            throw PluginError(
                plugin: name, what: "cannot read a state of \(state.count) bytes: it is not of this version",
                isRetriable: false)
        }
        states[slot] = decoded
    }

    public func summary(slot: Int) -> SeriesSummary? { nil }
}
