import Model

/// 2026-01-01T00:00:00Z
let newYear = Timestamp(seconds: 1_767_225_600)

/// A small generator with a printed seed, so that a failing test can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (SplitMix64).
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

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
func randomBatch(_ generator: inout SeededGenerator, count: Int) -> ReadingBatch {
    batch(
        (0..<count).map { _ in
            let sensor = Int.random(in: 0..<6, using: &generator)
            let second = Double.random(in: -3_600..<172_800, using: &generator).rounded()
            let noise = Double.random(in: -1...1, using: &generator)
            let value = [20 + noise, 1e6 + noise, -3 + noise * 1e-3, 0.1, noise * 1e12, noise * 1e-5][sensor]
            return SampleReading(sensor: sensor, offset: .seconds(second), value: value)
        })
}
