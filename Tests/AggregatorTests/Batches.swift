import Model

/// 2026-01-01T00:00:00Z
let newYear = Timestamp(seconds: 1_767_225_600)

struct SampleReading {
    var sensor: Int
    /// After `newYear`
    var offset: Duration
    var value: Double
}

/// Readings of sensors 0, 1, 2, … as a batch.
func batch(_ readings: [SampleReading]) -> ReadingBatch {
    var batch = ReadingBatch(identity: BatchIdentity(producer: "test", sequence: 1))
    var indices: [Int: UInt32] = [:]
    for reading in readings {
        let device = "device-\(reading.sensor / 2)"
        let index = indices[reading.sensor] ?? UInt32(batch.series.count)
        if indices[reading.sensor] == nil {
            indices[reading.sensor] = index
            let partition = Partition(device: device, of: .standard)
            batch.series.append(
                Series(device: device, sensor: "sensor-\(reading.sensor % 2)", unit: "", partition: partition))
        }
        batch.seriesIndex.append(index)
        batch.timestamp.append(newYear.advanced(by: reading.offset).microseconds)
        batch.value.append(reading.value)
        batch.receivedAt.append(newYear.microseconds)
        batch.position.append(UInt32(batch.position.count))
    }
    return batch
}

/// Random readings over two days, some at the same microsecond, some far from zero, some constant, some late.
func randomBatch(_ generator: inout SplitMix64, count: Int) -> ReadingBatch {
    batch(
        (0..<count).map { _ in
            let sensor = Int.random(in: 0..<6, using: &generator)
            let second = Double.random(in: -3_600..<172_800, using: &generator).rounded()
            let noise = Double.random(in: -1...1, using: &generator)
            let value = [20 + noise, 1e6 + noise, -3 + noise * 1e-3, 0.1, noise * 1e12, noise * 1e-5][sensor]
            return SampleReading(sensor: sensor, offset: .seconds(second), value: value)
        })
}
