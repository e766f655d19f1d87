import Glibc
import Model
import Plugins

/// A contender's scores for a corpus, and what they cost.
struct DetectorRun {
    /// For each series' path, a NAB score for each row.
    private(set) var scores: [String: [Double]] = [:]
    private var readings = 0
    /// CPU time of `detect` alone.
    private var clocks: clock_t = 0

    var nanosecondsPerReading: Double {
        readings > 0 ? Double(clocks) * 1e9 / Double(CLOCKS_PER_SEC) / Double(readings) : 0
    }

    /// One detector for all series, each in a slot of its own, as the service has it.
    init(_ contender: Contender, over corpus: CorpusInputs) throws {
        let detector = contender.make()
        detector.reserveSlots(corpus.series.count)
        for series in corpus.series {
            let findings = try feed(series.inputs, to: detector)
            scores[series.path] = findings.flatMap { $0.rowScores(contender.severity) }
            readings += series.readings
        }
    }

    private mutating func feed(_ inputs: [DetectorInput], to detector: any Detector) throws -> [DetectorFindings] {
        var all = inputs.map { DetectorFindings(rows: $0.batch.count) }
        let start = clock()
        for index in inputs.indices { try detector.detect(inputs[index], into: &all[index]) }
        clocks += clock() - start
        return all
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
