internal import Model
internal import Wire

/// One batch, or the part of it that is of one partition, as the journal has it.
///
/// Version (1 byte); the wall clock when it was learnt, in µs since 1970 (8, little endian); the rest is `sluice.v1.Batch` with the
/// columns that detectors and alerts look at.
enum JournalEntry {
    private static let version: UInt8 = 1
    private static let headerSize = 9

    /// - Throws: ``WireError`` for a batch that no message holds.
    static func encode(_ learnt: LearntBatches.Learnt) throws(WireError) -> [UInt8] {
        var bytes = [version]
        withUnsafeBytes(of: learnt.at.microseconds.littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: try BatchCodec.encode(learnt.batch))
        return bytes
    }

    /// - Throws: ``WireError`` for anything but what ``encode(_:)`` gives for this partition.
    static func decode(
        _ bytes: [UInt8], of partition: Partition, _ partitions: PartitionCount
    ) throws(WireError) -> LearntBatches.Learnt {
        guard bytes.count >= headerSize, bytes[0] == version else {
            throw WireError(.malformed, "journal", "\(bytes.count) bytes are no entry of version \(version)")
        }
        let time = bytes[1..<headerSize].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let batch = try BatchCodec.decode(Array(bytes[headerSize...]), partitions: partitions)
        let found = Set(batch.series.map(\.partition) + batch.presence.map(\.partition))
        guard found == [partition] else {
            throw WireError(.inconsistent, "journal", "the entry is not of partition \(partition.rawValue)")
        }
        return LearntBatches.Learnt(
            batch: batch, at: Timestamp(microseconds: Int64(bitPattern: time)))
    }
}

extension LearntBatches.Learnt {
    /// The parts of each partition, with nothing but what is learnt from.
    var byPartition: [(Partition, LearntBatches.Learnt)] {
        var kept = batch
        (kept.metadata, kept.flags, kept.deadLetters, kept.replays) = ([], [], [], [])
        (kept.anomalies, kept.anomalyScore, kept.quality) = ([], [], [])
        (kept.processedAt, kept.pipelineVersion, kept.route) = (nil, nil, [])
        let partitions = Set(kept.series.map(\.partition) + kept.presence.map(\.partition)).sorted()
        guard partitions.count > 1 else { return partitions.map { ($0, LearntBatches.Learnt(batch: kept, at: at)) } }
        let places = Dictionary(uniqueKeysWithValues: partitions.enumerated().map { ($1, $0) })
        let highest = PartitionCount(rawValue: (partitions.last?.rawValue ?? 0) + 1)
        let parts = kept.split(PartitionAssignment(parts: partitions.count, of: highest) { places[$0] })
        return zip(partitions, parts).map { ($0, LearntBatches.Learnt(batch: $1, at: at)) }
    }
}
