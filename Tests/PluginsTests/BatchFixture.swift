import Model

/// A batch with something in every column. Row `i` is of device `i % 3`, position `2 i`.
func fullBatch(rows: Int) -> ReadingBatch {
    var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 7), lowWater: 3)
    for device in 0..<3 {
        let name = "device-\(device)"
        batch.series.append(
            Series(
                device: name, sensor: "temperature", unit: "C", partition: Partition(device: name, of: .standard)))
    }
    for row in 0..<rows {
        batch.appendReading(
            seriesIndex: UInt32(row % 3), timestamp: 1_700_000_000_000_000 + Int64(row), value: Double(row) + 0.5,
            receivedAt: 1_700_000_001_000_000, position: UInt32(row * 2))
        batch.quality.append(Float(row))
        if row % 2 == 0 { batch.locations.append(SparseText(row: UInt32(row), text: "{\"x\":\(row)}")) }
        if row % 3 == 1 { batch.metadata.append(SparseText(row: UInt32(row), text: "{\"m\":\(row)}")) }
        if row % 4 == 3 { batch.flags.append(SparseFlags(row: UInt32(row), flags: .retained)) }
        if row % 5 == 0 {
            batch.anomalies.append(
                Anomaly(
                    row: UInt32(row), detector: "z", score: 4, threshold: 3, expectedLow: 0, expectedHigh: 1, why: "w"))
        }
    }
    batch.processedAt = Timestamp(seconds: 1_700_000_002)
    batch.pipelineVersion = "1.0"
    return batch
}

/// A row with all that belongs to it, however the batch numbers it.
struct WholeRow: Hashable {
    var device: String
    var position: UInt32
    var timestamp: Int64
    var value: Double
    var quality: Float?
    var location: String?
    var metadata: String?
    var flags: DeliveryFlags?
    var isAnomalous: Bool
}

extension ReadingBatch {
    var wholeRows: [WholeRow] {
        (0..<count).map { row in
            WholeRow(
                device: series(ofRow: row).device, position: position[row], timestamp: timestamp[row],
                value: value[row], quality: quality.isEmpty ? nil : quality[row], location: location(ofRow: row),
                metadata: metadata(ofRow: row), flags: flags.entry(forRow: row)?.flags,
                isAnomalous: anomalies.entry(forRow: row) != nil)
        }
    }
}
