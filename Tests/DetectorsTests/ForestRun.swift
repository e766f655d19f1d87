import Detectors
import Model
import Plugins

/// Feeds one series to a detector, batch by batch, with the times that it is told.
final class ForestRun {
    let detector: any Detector
    private let interval: Int64
    private var time: Int64

    /// - Parameters:
    ///   - interval: from one reading to the next, in seconds.
    ///   - start: of the first reading, in seconds since 1970.
    init(_ detector: any Detector, interval: Int64 = 1, start: Int64 = 0) {
        self.detector = detector
        self.interval = interval * 1_000_000
        time = start * 1_000_000
        detector.reserveSlots(1)
    }

    @discardableResult
    func feed(_ values: [Double], learning: DetectorInput.Learning = .learn) throws -> DetectorFindings {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        batch.series = [Series(device: "d", sensor: "s", unit: "", partition: Partition(rawValue: 0))]
        for value in values {
            batch.appendReading(seriesIndex: 0, timestamp: time, value: value, receivedAt: 0, position: 0)
            time += interval
        }
        var findings = DetectorFindings(rows: batch.count)
        try detector.detect(
            DetectorInput(batch: batch, slots: [0], learning: [learning], now: Timestamp(microseconds: 0)),
            into: &findings)
        return findings
    }
}

extension SplitMix64 {
    /// About normal, with mean 0 and standard deviation 1.
    mutating func noise() -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }

    mutating func noise(_ count: Int, around level: Double = 20) -> [Double] {
        (0..<count).map { _ in level + noise() }
    }
}
