import Model

/// A batch that has something in every field of the format.
func fullBatch() -> ReadingBatch {
    var batch = ReadingBatch(identity: BatchIdentity(producer: "8c1f-spool", sequence: 42), lowWater: 40)
    batch.series = [
        Series(device: "house-1", sensor: "water", unit: "L", partition: Partition(rawValue: 3)),
        Series(device: "Zähler-2", sensor: "gas", unit: "", partition: Partition(rawValue: 31)),
    ]
    batch.appendReading(seriesIndex: 0, timestamp: 1_333_263_600_000_000, value: 1.5, receivedAt: 7, position: 0)
    batch.appendReading(seriesIndex: 1, timestamp: -1, value: -0.0, receivedAt: 8, position: 2)
    batch.appendReading(seriesIndex: 0, timestamp: Int64.max, value: 1e300, receivedAt: 9, position: 300)
    batch.quality = [1, 0.5, 0]
    batch.anomalyScore = [0, 4.25, 0]
    batch.locations = [SparseText(row: 0, text: #"{"lat":49.2}"#)]
    batch.metadata = [SparseText(row: 1, text: "{}"), SparseText(row: 2, text: #"{"a":"ü"}"#)]
    batch.flags = [SparseFlags(row: 2, flags: [.retained, .duplicate])]
    batch.anomalies = [fullAnomaly(row: 1, detector: "zscore"), fullAnomaly(row: 1, detector: "flat-line")]
    batch.deadLetters = [fullDeadLetter()]
    batch.presence = fullPresence()
    batch.replays = [
        Replay(eventID: "8c1f-spool-7-0", partition: Partition(rawValue: 3), firstPosition: 0, count: 1)
    ]
    batch.processedAt = Timestamp(microseconds: 1_763_841_600_000_000)
    batch.pipelineVersion = "1.2.0"
    batch.route = ["mqtt-ingest-1", "preprocessor-2"]
    return batch
}

private func fullAnomaly(row: UInt32, detector: String) -> Anomaly {
    Anomaly(
        row: row, detector: detector, score: 4.25, threshold: 3, expectedLow: -0.3, expectedHigh: 0.3,
        why: "4.25 deviations above the mean")
}

private func fullDeadLetter() -> DeadLetter {
    DeadLetter(
        position: 1, partition: Partition(rawValue: 5), topic: "sensors/x/y", payload: [0x7B, 0x00, 0xFF],
        reason: .invalidJSON, detail: "offset 1: a value is expected", stage: "mqtt-ingest",
        receivedAt: Timestamp(microseconds: 10))
}

private func fullPresence() -> [PresenceChange] {
    [
        PresenceChange(
            position: 3, partition: Partition(rawValue: 6), device: "house-1", status: "online",
            at: Timestamp(microseconds: 11), attributes: #"{"ip":"10.0.0.1"}"#),
        PresenceChange(
            position: 4, partition: Partition(rawValue: 7), device: "house-2", status: "offline",
            at: Timestamp(microseconds: 12), attributes: nil),
    ]
}

/// What most batches look like: dense columns and little else.
func plainBatch(readings: Int) -> ReadingBatch {
    var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
    batch.series = (0..<50).map {
        Series(device: "device-\($0)", sensor: "t", unit: "C", partition: Partition(rawValue: UInt16($0 % 32)))
    }
    for row in 0..<readings {
        batch.appendReading(
            seriesIndex: UInt32(row % 50), timestamp: 1_763_841_600_000_000 + Int64(row), value: Double(row) * 0.1,
            receivedAt: 1_763_841_600_000_000, position: UInt32(row))
    }
    return batch
}
