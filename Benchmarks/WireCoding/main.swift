import Glibc
import Model
import Wire

// CPU time of the wire format, in nanoseconds a reading, in batches of 5,000, and its size:
//
//     swift run -c release wire-benchmark

private let readingsInBatch = 5_000
private let batches = 500

/// Readings of `devices` in turn, as anomaly-detector sends them on: with scores.
private func batch(devices: Int) -> ReadingBatch {
    let arrival: Int64 = 1_795_377_600_000_000
    var batch = ReadingBatch(identity: BatchIdentity(producer: "mqtt-ingest-1", sequence: 1))
    for device in 0..<devices {
        let name = "device-\(device)"
        batch.series.append(
            Series(
                device: name, sensor: "temperature", unit: "C", partition: Partition(device: name, of: .standard)))
    }
    for row in 0..<readingsInBatch {
        batch.appendReading(
            seriesIndex: UInt32(row % devices), timestamp: arrival + Int64(row), value: 20 + Double(row % 97) / 97,
            receivedAt: arrival + 2_000 + Int64(row), position: UInt32(row))
    }
    batch.anomalyScore = (0..<readingsInBatch).map { Float($0 % 89) / 89 }
    return batch
}

/// Nanoseconds a reading, with a digit behind the point.
private func measure(_ body: () throws -> Void) rethrows -> Double {
    let start = clock()
    for _ in 0..<batches { try body() }
    let nanoseconds = Double(clock() - start) * 1e9 / Double(CLOCKS_PER_SEC) / Double(batches * readingsInBatch)
    return (nanoseconds * 10).rounded() / 10
}

for devices in [1, 200, 5_000] {
    let batch = batch(devices: devices)
    let bytes = try BatchCodec.encode(batch)
    let encoding = try measure { _ = try BatchCodec.encode(batch) }
    let decoding = try measure { _ = try BatchCodec.decode(bytes) }
    let size = (Double(bytes.count) * 10 / Double(readingsInBatch)).rounded() / 10
    print("\(devices) series in a batch: \(encoding) ns to encode, \(decoding) ns to decode and check, \(size) bytes")
}
