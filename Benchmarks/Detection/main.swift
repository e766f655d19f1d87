import Detectors
import Glibc
import Model
import Plugins

// CPU time of scoring and learning, in nanoseconds a reading, in batches of 5,000, and the size of a series' checkpoint:
//
//     swift run -c release detector-benchmark

private let readingsInBatch = 5_000
private let batches = 200

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

/// One detector, or several in a row, over batches that learn.
private func measure(_ name: String, devices: Int, _ detectors: [any Detector]) {
    var generator = SystemRandomNumberGenerator()
    let batch = batch(devices: devices, &generator)
    // As many series as there are devices, in as many batches as that takes.
    let rounds = max(1, devices / readingsInBatch)
    for detector in detectors { detector.reserveSlots(batch.series.count * rounds) }
    var anomalies = 0
    let start = clock()
    for number in 0..<batches {
        let first = Int32(number % rounds * batch.series.count)
        let input = DetectorInput(
            batch: batch, slots: batch.series.indices.map { first + Int32($0) },
            learning: batch.series.map { _ in .learn }, now: Timestamp(microseconds: 0))
        var findings = DetectorFindings(rows: batch.count)
        for detector in detectors { try? detector.detect(input, into: &findings) }
        anomalies += findings.anomalies.count
    }
    let nanoseconds = Double(clock() - start) * 1e9 / Double(CLOCKS_PER_SEC) / Double(batches * readingsInBatch)
    let state = detectors.map { $0.exportState(slot: 0).count }.reduce(0, +)
    let shown = (nanoseconds * 10).rounded() / 10
    print(
        "\(name), \(batch.series.count * rounds) series: \(shown) ns, checkpoint \(state) bytes (\(anomalies) anomalies)"
    )
}

for devices in [1, 200, 10_000] { measure("running-zscore", devices: devices, [RunningZScore()]) }
for devices in [1, 200, 10_000] { measure("tailsum", devices: devices, [TailSum()]) }
for devices in [200, 10_000] {
    measure("tailsum, flat-line, statistics", devices: devices, [TailSum(), FlatLine(), StreamStatistics()])
}
for devices in [200, 10_000] {
    measure("tailsum, flat-line, missing", devices: devices, [TailSum(), FlatLine(), MissingReadings()])
}
measure("missing", devices: 10_000, [MissingReadings()])
measure("window-zscore", devices: 200, [WindowZScore()])
measure("isolation-forest", devices: 20, [IsolationForestDetector()])
