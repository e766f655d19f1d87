internal import Model
internal import Spool
internal import Wire

extension SpoolBatch {
    init(_ batch: ReadingBatch, spooledAt: Timestamp, payload: [UInt8]) {
        self.init(
            sequence: batch.identity.sequence, weight: batch.count + batch.deadLetters.count + batch.presence.count,
            partitions: batch.partitions, spooledAt: spooledAt, payload: payload)
    }
}

extension SpoolSalvage {
    /// - Parameter partitions: what a batch says it is for must be among them.
    init(path: String, partitions: PartitionCount) {
        self.init(path: path) { payload, spooledAt in
            guard let batch = try? BatchCodec.decode(payload, partitions: partitions) else { return nil }
            return (batch.identity.producer, SpoolBatch(batch, spooledAt: spooledAt, payload: payload))
        }
    }
}
