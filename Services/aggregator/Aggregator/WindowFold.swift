internal import Model

/// Folds batches into one summary a sensor and minute; hours and days are merged from the minutes.
///
/// Nothing is allocated per reading: neighbours in a series mostly share a minute, and find its accumulator by the
/// series' index alone.
struct WindowFold {
    private var slots: [WindowKey: Int] = [:]
    private var accumulators: [MinuteAccumulator] = []
    private var keys: [WindowKey] = []

    /// How many readings have been folded.
    private(set) var readings = 0

    /// - Parameter sensors: the sensor id of each series of the batch's dictionary.
    mutating func add(_ batch: ReadingBatch, sensors: [Int32]) {
        precondition(sensors.count == batch.series.count, "every series of a batch has a sensor id")
        var recent = [RecentSlot](repeating: RecentSlot(), count: sensors.count)
        for row in 0..<batch.count {
            let series = Int(batch.seriesIndex[row])
            let reading = TimedValue(time: batch.timestamp[row], value: batch.value[row])
            if recent[series].contains(reading.time) {
                accumulators[recent[series].slot].add(reading)
            } else {
                recent[series] = place(reading, of: sensors[series])
            }
        }
        readings += batch.count
    }

    private mutating func place(_ reading: TimedValue, of sensor: Int32) -> RecentSlot {
        let bucket = WindowLevel.minute.bucket(of: reading.time)
        let key = WindowKey(sensor: sensor, bucket: bucket)
        if let slot = slots[key] {
            accumulators[slot].add(reading)
            return RecentSlot(bucket: bucket, slot: slot)
        }
        slots[key] = accumulators.count
        keys.append(key)
        accumulators.append(MinuteAccumulator(reading))
        return RecentSlot(bucket: bucket, slot: accumulators.count - 1)
    }

    /// What the readings add to the minutes.
    func minutes() -> WindowDeltas {
        var deltas = WindowDeltas()
        for slot in keys.indices.sorted(by: { keys[$0] < keys[$1] }) {
            deltas.append(accumulators[slot].summary, to: keys[slot])
        }
        return deltas
    }
}

/// The minute into which the last reading of a series fell.
private struct RecentSlot {
    var bucket: Int64 = .min
    var slot = 0

    @inline(__always)
    func contains(_ time: Int64) -> Bool {
        time >= bucket && time &- bucket < WindowLevel.minute.width && bucket != .min
    }
}
