import Detectors
import Glibc
import Model
import Plugins

// CPU time of scoring and learning, in nanoseconds a reading, in batches of 5,000:
//
//     swift run -c release detector-benchmark

private let readingsInBatch = 5_000
private let batches = 1_000

/// Readings of `devices` in turn, noise around 20: what a detector sees on an ordinary day.
private func batch(devices: Int, _ generator: inout some RandomNumberGenerator) -> ReadingBatch {
    var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
    for device in 0..<min(devices, readingsInBatch) {
        let name = "device-\(device)"
        batch.series.append(
            Series(
                device: name, sensor: "temperature", unit: "C", partition: Partition(device: name, of: .standard)))
    }
    for row in 0..<readingsInBatch {
        batch.appendReading(
            seriesIndex: UInt32(row % batch.series.count), timestamp: Int64(row),
            value: 20 + Double.random(in: -1...1, using: &generator), receivedAt: Int64(row), position: UInt32(row))
    }
    return batch
}

private func measure(devices: Int) {
    var generator = SystemRandomNumberGenerator()
    let batch = batch(devices: devices, &generator)
    let detector = RunningZScore()
    detector.reserveSlots(batch.series.count)
    let input = DetectorInput(
        batch: batch, slots: batch.series.indices.map(Int32.init), learning: batch.series.map { _ in .learn },
        now: Timestamp(microseconds: 0))
    var anomalies = 0
    let start = clock()
    for _ in 0..<batches {
        var findings = DetectorFindings(rows: batch.count)
        detector.detect(input, into: &findings)
        anomalies += findings.anomalies.count
    }
    let nanoseconds = Double(clock() - start) * 1e9 / Double(CLOCKS_PER_SEC) / Double(batches * readingsInBatch)
    let shown = (nanoseconds * 10).rounded() / 10
    print("running-zscore, \(batch.series.count) series in a batch: \(shown) ns (\(anomalies) anomalies)")
}

for devices in [1, 200, 5_000] { measure(devices: devices) }
