import Model
import NABScoring
import Plugins

/// The readings of a corpus as a detector takes them: the same for all detectors, so made once.
struct CorpusInputs {
    struct Series {
        let path: String
        let readings: Int
        let inputs: [DetectorInput]
    }

    /// Each has its place for a slot.
    let series: [Series]

    private static let readingsInBatch = 1_000

    init(_ corpus: Corpus) {
        series = corpus.series.enumerated().map { slot, series in
            Series(path: series.path, readings: series.values.count, inputs: Self.inputs(series, slot: slot))
        }
    }

    private static func inputs(_ series: LabelledSeries, slot: Int) -> [DetectorInput] {
        stride(from: 0, to: series.values.count, by: readingsInBatch).map { start in
            let rows = start..<min(start + readingsInBatch, series.values.count)
            return DetectorInput(
                batch: ReadingBatch(series, rows: rows), slots: [Int32(slot)], learning: [.learn],
                now: series.timestamps[rows.upperBound - 1])
        }
    }
}

extension ReadingBatch {
    /// Rows of a series, each received when it was measured.
    fileprivate init(_ series: LabelledSeries, rows: Range<Int>) {
        self.init(identity: BatchIdentity(producer: "nab", sequence: UInt64(rows.lowerBound) + 1))
        self.series = [
            Series(device: series.path, sensor: "value", unit: "", partition: Partition(rawValue: 0))
        ]
        for row in rows {
            let time = series.timestamps[row].microseconds
            appendReading(
                seriesIndex: 0, timestamp: time, value: series.values[row], receivedAt: time,
                position: UInt32(row - rows.lowerBound))
        }
    }
}
