public import Model
public import Plugins

/// A detector that judges each reading by what it knows of the reading's own series.
///
/// A conforming class is final and says only how a reading is judged; the compiler then makes one loop of both.
public protocol SeriesDetector: SlotDetector {
    /// Judges a reading and learns from it.
    func judge(_ reading: SeriesReading, _ state: inout State, _ findings: inout DetectorFindings)
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
}
