public import Model

/// A batch under construction. All messages of one batch come from one decoder.
public struct BatchBuilder {
    var batch = BatchBuilder.emptyBatch
    /// Tells batches apart in the decoder's cache of series; 0 until a decoder has touched the batch.
    private(set) var generation: UInt64 = 0
    private var decoder: ObjectIdentifier?
    /// Bytes of the messages that went in, as a measure of the batch's size.
    public internal(set) var payloadBytes = 0

    public init() {}

    /// Readings, dead letters and presence changes together: the next position.
    public var count: Int { batch.count + batch.deadLetters.count + batch.presence.count }

    /// Readings only.
    public var readings: Int { batch.count }

    public var isEmpty: Bool { count == 0 }

    /// The batch so far. The builder starts the next one, with room for as much as this one held.
    public mutating func finish(identity: BatchIdentity, lowWater: UInt64 = 0) -> ReadingBatch {
        var finished = Self.emptyBatch
        finished.reserveCapacity(batch.count)
        swap(&finished, &batch)
        finished.identity = identity
        finished.quality.fill(to: finished.count, with: 1)
        finished.anomalyScore.fill(to: finished.count, with: 0)
        finished.lowWater = lowWater
        generation = 0
        decoder = nil
        payloadBytes = 0
        return finished
    }

    private static var emptyBatch: ReadingBatch {
        ReadingBatch(identity: BatchIdentity(producer: "", sequence: 0))
    }
}

extension BatchBuilder {
    /// Called by a decoder before its first message; what it noted in its cache holds for this batch only.
    mutating func begin(with decoder: PayloadDecoder, generation next: () -> UInt64) {
        if generation == 0 {
            generation = next()
            self.decoder = ObjectIdentifier(decoder)
        }
        precondition(self.decoder == ObjectIdentifier(decoder), "a batch is built by one decoder")
    }

    var nextPosition: UInt32 { UInt32(count) }

    /// The message that has just been decoded was a dead letter.
    mutating func noteReplay(of eventID: String, from first: UInt32) {
        let last = nextPosition
        guard last > first else { return }
        let partition =
            batch.position.last.map { $0 + 1 } == last
            ? batch.series(ofRow: batch.count - 1).partition
            : (batch.deadLetters.last { $0.position + 1 == last }?.partition
                ?? batch.presence.last { $0.position + 1 == last }?.partition)
        guard let partition else { return }
        batch.replays.append(
            Replay(eventID: eventID, partition: partition, firstPosition: first, count: last - first))
    }

    mutating func append(_ reading: DecodedReading, seriesIndex: UInt32, message: Message) {
        let row = UInt32(batch.count)
        batch.appendReading(
            seriesIndex: seriesIndex, timestamp: reading.timestamp, value: reading.value,
            receivedAt: message.receivedAt.microseconds, position: nextPosition)
        if let quality = reading.quality { batch.quality.append(quality, at: batch.count - 1, filling: 1) }
        if let score = reading.anomalyScore { batch.anomalyScore.append(score, at: batch.count - 1, filling: 0) }
        if let location = reading.location { batch.locations.append(SparseText(row: row, text: location)) }
        if let metadata = reading.metadata { batch.metadata.append(SparseText(row: row, text: metadata)) }
        if !message.flags.isEmpty { batch.flags.append(SparseFlags(row: row, flags: message.flags)) }
    }
}

/// One reading of a message.
struct DecodedReading {
    var value: Double
    /// µs since 1970
    var timestamp: Int64
    /// UTF-8 without NUL; lives as long as the parsed document.
    var unit: UnsafeRawBufferPointer
    var location: String?
    var metadata: String?
    /// 0…1, where a gateway has judged it.
    var quality: Float?
    var anomalyScore: Float?
}

/// A message as MQTT brought it.
struct Message {
    var topic: UnsafeRawBufferPointer
    var payload: UnsafeRawBufferPointer
    var flags: DeliveryFlags
    var receivedAt: Timestamp
}

extension [Float] {
    /// A column that few batches have begins with the first value that is worth it.
    fileprivate mutating func append(_ value: Float, at row: Int, filling usual: Float) {
        append(contentsOf: repeatElement(usual, count: row - count))
        append(value)
    }

    fileprivate mutating func fill(to rows: Int, with usual: Float) {
        guard !isEmpty else { return }
        append(contentsOf: repeatElement(usual, count: rows - count))
    }
}
