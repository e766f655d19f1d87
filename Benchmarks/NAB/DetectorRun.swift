import Glibc
import Model
import NABScoring
import Plugins

/// A contender's scores for a corpus, and what they cost.
struct DetectorRun {
    /// For each series' path, a NAB score for each row.
    private(set) var scores: [String: [Double]] = [:]
    private var readings = 0
    /// CPU time of `detect` alone.
    private var clocks: clock_t = 0

    private static let readingsInBatch = 1_000

    var nanosecondsPerReading: Double {
        readings > 0 ? Double(clocks) * 1e9 / Double(CLOCKS_PER_SEC) / Double(readings) : 0
    }

    /// One detector for all series, each in a slot of its own, as the service has it.
    init(_ contender: Contender, over corpus: Corpus) throws {
        let detector = contender.make()
        detector.reserveSlots(corpus.series.count)
        for (slot, series) in corpus.series.enumerated() {
            let inputs = Self.inputs(series, slot: slot)
            scores[series.path] = try feed(inputs, to: detector).flatMap { $0.rowScores(contender.severity) }
            readings += series.values.count
        }
    }

    private mutating func feed(_ inputs: [DetectorInput], to detector: any Detector) throws -> [DetectorFindings] {
        var all = inputs.map { DetectorFindings(rows: $0.batch.count) }
        let start = clock()
        for index in inputs.indices { try detector.detect(inputs[index], into: &all[index]) }
        clocks += clock() - start
        return all
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

extension DetectorFindings {
    /// 0 where the detector raised no anomaly.
    fileprivate func rowScores(_ severity: (Anomaly) -> Double) -> [Double] {
        var rows = [Double](repeating: 0, count: scores.count)
        for anomaly in anomalies {
            let row = Int(anomaly.row)
            rows[row] = max(rows[row], severity(anomaly))
        }
        return rows
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
