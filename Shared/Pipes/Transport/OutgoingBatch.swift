public import Model
internal import Wire

extension ReadingBatch {
    /// What it costs in credit: readings, dead letters and presence changes, or its bytes by ``CreditUnit`` when they
    /// are more.
    public var weight: Int { CreditUnit.weight(items: count + deadLetters.count + presence.count, bytes: textBytes) }

    /// Roughly what it holds besides its columns of numbers.
    private var textBytes: Int {
        var bytes = locations.reduce(0) { $0 + $1.text.utf8.count }
        bytes += metadata.reduce(0) { $0 + $1.text.utf8.count }
        bytes += anomalies.reduce(0) { $0 + $1.why.utf8.count }
        bytes += series.reduce(0) { $0 + $1.device.utf8.count + $1.sensor.utf8.count + $1.unit.utf8.count }
        bytes += deadLetters.reduce(0) { $0 + $1.payload.count + $1.topic.utf8.count + $1.detail.utf8.count }
        bytes += presence.reduce(0) { $0 + $1.device.utf8.count + ($1.attributes?.utf8.count ?? 0) }
        return bytes
    }
}

/// Credit is granted in readings and bounds memory, so what is larger than a reading costs as many as it is large.
enum CreditUnit {
    /// A reading with a short location and metadata fits into it, and so costs 1.
    static let bytes = 256

    static func weight(items: Int, bytes: Int) -> Int { max(1, items, bytes / Self.bytes) }
}

/// A batch on its way out. Not `Sendable`: made and used on the I/O thread.
public final class OutgoingBatch: PipeItem {
    public let identity: BatchIdentity
    public let lowWater: UInt64
    public let partitions: [Partition]
    private let partitionCount: PartitionCount
    private let wholeWeight: Int
    private let encoded: [UInt8]?
    private var decoded: ReadingBatch?
    /// Between being weighed and being sent.
    private var parts: [Set<Partition>: ReadingBatch] = [:]

    /// Encoded when it is sent.
    public init(_ batch: ReadingBatch, partitions count: PartitionCount = .standard) {
        identity = batch.identity
        lowWater = batch.lowWater
        partitions = batch.partitions
        partitionCount = count
        wholeWeight = batch.weight
        encoded = nil
        decoded = batch
    }

    /// Bytes of a ``BatchCodec``, sent as they are while one worker owns all partitions in them.
    ///
    /// - Parameters:
    ///   - lowWater: today's; the bytes may hold an older one.
    ///   - partitions: all that have anything in the bytes.
    ///   - items: readings, dead letters and presence changes in the bytes.
    ///   - decoded: what the bytes are, where somebody knows it: for when they must be split.
    public init(
        identity: BatchIdentity, lowWater: UInt64, partitions: [Partition], items: Int, encoded: [UInt8],
        decoded: ReadingBatch? = nil, partitionCount: PartitionCount = .standard
    ) {
        self.identity = identity
        self.lowWater = lowWater
        self.partitions = partitions
        self.partitionCount = partitionCount
        wholeWeight = CreditUnit.weight(items: items, bytes: encoded.count)
        self.encoded = encoded
        self.decoded = decoded
    }

    /// Splits it in one pass over its rows.
    public func prepare(_ shares: [Set<Partition>]) {
        // What cannot be read says so when it is sent.
        guard let whole = try? whole() else { return }
        var numbers: [Partition: Int] = [:]
        for (number, share) in shares.enumerated() {
            for partition in share { numbers[partition] = number }
        }
        let split = whole.split(PartitionAssignment(parts: shares.count, of: partitionCount) { numbers[$0] })
        for (share, part) in zip(shares, split) { parts[share] = part }
        forgetDecoded()
    }

    public func weight(of partitions: Set<Partition>) -> Int {
        guard partitions.count < self.partitions.count else { return wholeWeight }
        // Bytes that cannot be read weigh something: `payload` says later what is wrong with them.
        return (try? part(partitions).weight) ?? 1
    }

    /// - Throws: ``WireError`` when the encoded bytes must be split and cannot be read.
    func payload(of partitions: Set<Partition>) throws(WireError) -> [UInt8] {
        if partitions.count < self.partitions.count {
            defer { parts[partitions] = nil }
            return try BatchCodec.encode(try part(partitions))
        }
        if let encoded {
            forgetDecoded()
            return encoded
        }
        return try BatchCodec.encode(try whole())
    }

    /// It may be long until everybody has acknowledged, and what is sent again can be decoded again.
    private func forgetDecoded() {
        if encoded != nil { decoded = nil }
    }

    private func part(_ partitions: Set<Partition>) throws(WireError) -> ReadingBatch {
        if let part = parts[partitions] { return part }
        let part = try whole().part(of: partitions)
        parts[partitions] = part
        return part
    }

    private func whole() throws(WireError) -> ReadingBatch {
        if let decoded { return decoded }
        let batch = try BatchCodec.decode(encoded ?? [], partitions: partitionCount)
        decoded = batch
        return batch
    }
}
