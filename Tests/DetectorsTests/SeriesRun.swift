import Model
import Plugins

/// Feeds one detector, reading by reading or in batches, as the service does.
final class SeriesRun {
    let detector: any Detector
    private var slots: [String: Int32] = [:]

    init(_ detector: any Detector) {
        self.detector = detector
    }

    struct Outcome {
        var scores: [Float]
        var anomalies: [Anomaly]
    }

    @discardableResult
    func feed(
        _ readings: [(series: String, value: Double)], learning: DetectorInput.Learning = .learn
    ) throws -> Outcome {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        var rows: [String: UInt32] = [:]
        for (index, reading) in readings.enumerated() {
            let series =
                rows[reading.series]
                ?? {
                    batch.series.append(
                        Series(device: reading.series, sensor: "s", unit: "", partition: Partition(rawValue: 0)))
                    return UInt32(batch.series.count - 1)
                }()
            rows[reading.series] = series
            batch.appendReading(
                seriesIndex: series, timestamp: Int64(index) * 1_000_000, value: reading.value, receivedAt: 0,
                position: UInt32(index))
        }
        let slots = batch.series.map { slot(of: $0.device) }
        var findings = DetectorFindings(rows: batch.count)
        try detector.detect(
            DetectorInput(
                batch: batch, slots: slots, learning: slots.map { _ in learning }, now: Timestamp(microseconds: 0)),
            into: &findings)
        return Outcome(scores: findings.scores, anomalies: findings.anomalies)
    }

    @discardableResult
    func feed(_ values: [Double], learning: DetectorInput.Learning = .learn) throws -> Outcome {
        try feed(values.map { ("only", $0) }, learning: learning)
    }

    private func slot(of series: String) -> Int32 {
        if let known = slots[series] { return known }
        let slot = Int32(slots.count)
        slots[series] = slot
        detector.reserveSlots(slots.count)
        return slot
    }
}

extension SeriesRun {
    /// One series in slot 0, with the times of its readings in seconds.
    @discardableResult
    static func feed(
        _ detector: any Detector, _ readings: [(second: Int64, value: Double)],
        learning: DetectorInput.Learning = .learn
    ) throws -> DetectorFindings {
        detector.reserveSlots(1)
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        batch.series = [Series(device: "d", sensor: "s", unit: "", partition: Partition(rawValue: 0))]
        for (index, reading) in readings.enumerated() {
            batch.appendReading(
                seriesIndex: 0, timestamp: reading.second * 1_000_000, value: reading.value, receivedAt: 0,
                position: UInt32(index))
        }
        var findings = DetectorFindings(rows: batch.count)
        try detector.detect(
            DetectorInput(batch: batch, slots: [0], learning: [learning], now: Timestamp(microseconds: 0)),
            into: &findings)
        return findings
    }
}
