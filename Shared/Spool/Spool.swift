internal import Glibc
public import Model
internal import SQLite

/// Batches on disk between the acknowledgement to the broker and the one from downstream.
///
/// Every append is one transaction, on disk when it returns (WAL, `synchronous = FULL`). Removing what is done rides
/// on the next append, so it costs no fsync of its own; after a crash in between, a batch is sent again and the sinks
/// recognise it. Not `Sendable`: it belongs to the I/O thread that opened it, and blocks it for the time of an fsync. One process at a time has the file open.
public final class Spool {
    public let path: String
    /// Unique to this file for ever.
    public let producer: String
    /// The sequence of the next batch.
    public private(set) var nextSequence: UInt64
    /// All batches below are done for good.
    public private(set) var lowWater: UInt64 = 1
    public private(set) var status = SpoolStatus()

    private let lock: SpoolLock
    let database: Database
    private let statements: SpoolStatements
    private var recent: RecentWindow
    private var done: [UInt64] = []
    private var entered = 0
    /// Free on the disk, and in pages of the file that nothing is in, at the last look; nil when the disk does not say.
    private var room: (free: Int, unused: Int)?
    /// The bytes of a batch that the disk has no room for; nil when the last one found room.
    private var refusedBytes: Int?

    /// - Parameters:
    ///   - limitBytes: of encoded batches, from which on nothing is taken any more.
    ///   - minimumFreeBytes: of the disk, below which nothing is taken any more.
    ///   - recentPackets: how many messages are remembered for recognising redelivery, 32,768 unless said otherwise.
    ///     More than 65,534 would be wrong: packet ids come again after 65,535.
    ///   - partitions: that batches are written for; a spool with batches for another number is refused.
    ///   - newProducer: the identity, should the file have to be made.
    /// - Throws: `inUse` when another process has the file open, `otherPartitions`, `newerSchema`, `storage`.
    public init(
        path: String, limitBytes: Int, minimumFreeBytes: Int = 0, recentPackets: Int = 32_768,
        partitions: PartitionCount = .standard,
        newProducer: () -> String
    ) throws(SpoolError) {
        precondition(recentPackets <= 65_534, "packet ids come again after 65,535 messages")
        self.path = path
        lock = try SpoolLock(spool: path)
        do throws(SQLiteError) {
            database = try Database(path: path)
        } catch {
            throw .storage(error)
        }
        try SpoolSchema.prepare(database, newProducer: newProducer)
        do throws(SQLiteError) {
            statements = try SpoolStatements(database)
            producer = try statements.producer()
            recent = try RecentWindow(statements.recentCounts(), limit: recentPackets)
            nextSequence = try statements.lastSequence() + 1
            status = try statements.status()
            entered = try statements.items()
        } catch {
            throw .storage(error)
        }
        status.limitBytes = limitBytes
        status.minimumFreeBytes = minimumFreeBytes
        lowWater = try stored { () throws(SQLiteError) in try statements.firstSequence() ?? nextSequence }
        try accept(partitions)
        lookAtDisk()
    }

    /// A device's batches must not be split over two partitions: all that wait are for one number of them.
    private func accept(_ partitions: PartitionCount) throws(SpoolError) {
        let wanted = Int(partitions.rawValue)
        let found = try stored { () throws(SQLiteError) in try statements.partitionCount() }
        guard found != wanted else { return }
        if status.batches > 0 {
            let least = try stored { () throws(SQLiteError) in try statements.leastPartitionCount() }
            guard found == nil, least <= wanted else {
                throw .otherPartitions(path: path, found: found ?? least, wanted: wanted, batches: status.batches)
            }
        }
        try stored { () throws(SQLiteError) in try statements.setPartitionCount(wanted) }
    }

    /// Lets another process open the file. Nothing may be written after this.
    public func close() {
        lock.release()
    }

    /// From the next batch on; those as in ``init(path:limitBytes:minimumFreeBytes:recentPackets:partitions:newProducer:)``.
    public func setLimits(bytes: Int, minimumFreeBytes: Int) {
        status.limitBytes = bytes
        status.minimumFreeBytes = minimumFreeBytes
    }

    public var isFull: Bool { shortage != nil }

    /// Why no batch is taken now.
    public var shortage: SpoolError? {
        if status.bytes >= status.limitBytes { return .full(bytes: status.bytes, limit: status.limitBytes) }
        if status.freeBytes < status.minimumFreeBytes {
            return .diskLow(free: status.freeBytes, minimum: status.minimumFreeBytes)
        }
        return nil
    }

    /// Whether there is room again, a tenth more than it takes, so that nobody comes and goes at the limit.
    public var hasRoomAgain: Bool {
        status.bytes <= status.limitBytes / 10 * 9
            && status.freeBytes >= status.minimumFreeBytes + status.minimumFreeBytes / 10
            && (refusedBytes.map { lacking(for: $0) == nil } ?? true)
    }

    /// Looks how much room the disk has left, and the file itself, whose pages are used again and never given back.
    public func lookAtDisk() {
        if refusedBytes != nil { giveBack() }
        room = nil
        // A disk that does not say has no lower limit; writing to it tells.
        status.freeBytes = .max
        guard let free = DiskRoom(path: path).free, let unused = try? statements.unusedBytes() else { return }
        room = (free, unused)
        status.freeBytes = free + unused
    }

    /// Nil when the disk had room for so many bytes at the last look.
    private func lacking(for bytes: Int) -> SpoolError? {
        guard let room else { return nil }
        let need = DiskRoom(path: path).need(of: bytes, unused: room.unused)
        return room.free < need ? .diskLow(free: room.free, minimum: need) : nil
    }

    /// The log's room, and that of an empty file. What does not succeed now is tried at the next look.
    private func giveBack() {
        if status.batches == 0 { try? database.execute("VACUUM") }
        try? database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    private func makeSure(ofRoomFor batch: SpoolBatch) throws(SpoolError) {
        let shortage = lacking(for: batch.payload.count)
        refusedBytes = shortage.map { _ in batch.payload.count }
        if let shortage { throw shortage }
    }

    /// Writes a batch and the packets that brought it; both are on disk when this returns.
    ///
    /// - Parameter batch: must carry ``nextSequence``.
    /// - Throws: `full` when the limit is reached, `diskLow` when the disk has too little for it; then nothing was written.
    ///   After any error the same batch may be appended again.
    public func append(_ batch: SpoolBatch, packets: [RecentPacket] = []) throws(SpoolError) {
        precondition(batch.sequence == nextSequence, "a batch must have the spool's next sequence, \(nextSequence)")
        precondition(lock.isHeld, "a spool that was closed takes no batch")
        lookAtDisk()
        if let shortage { throw shortage }
        try makeSure(ofRoomFor: batch)
        let forgotten = recent.forgottenAfter(adding: packets.count)
        let removed = try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in
                try statements.insert(batch, before: entered)
                try statements.insert(packets, sequence: batch.sequence, forgetting: forgotten)
                return try removeDoneBatches()
            }
        }
        recent.add(sequence: batch.sequence, count: packets.count, forgetting: forgotten)
        nextSequence += 1
        entered += batch.weight
        status.batches += 1
        status.weight += batch.weight
        status.bytes += batch.payload.count
        settle(removed)
    }

    /// What has gone through it, for the ledger.
    public func account() throws(SpoolError) -> SpoolAccount {
        try stored { () throws(SQLiteError) in try statements.account() }
    }

    /// The first batch after `sequence`, in order; nil when there is none. Damaged ones are set aside on the way.
    public func first(after sequence: UInt64) throws(SpoolError) -> SpoolBatch? {
        try stored { () throws(SQLiteError) in
            var position = sequence
            while let (batch, isIntact) = try statements.first(after: position) {
                if isIntact { return batch }
                position = batch.sequence
                try setAside(batch)
            }
            return nil
        }
    }

    /// Downstream has it for good. It leaves the file with the next append or ``removeDone()``.
    public func done(_ sequence: UInt64) {
        done.append(sequence)
    }

    /// To be called now and then, for times without appends.
    public func removeDone() throws(SpoolError) {
        guard !done.isEmpty else { return }
        let removed = try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in try removeDoneBatches() }
        }
        settle(removed)
    }

    private func removeDoneBatches() throws(SQLiteError) -> SpoolStatus {
        var removed = SpoolStatus()
        for sequence in done {
            guard let (weight, bytes) = try statements.delete(sequence) else { continue }
            removed.batches += 1
            removed.weight += weight
            removed.bytes += bytes
        }
        return removed
    }

    private func settle(_ removed: SpoolStatus) {
        done.removeAll(keepingCapacity: true)
        status.batches -= removed.batches
        status.weight -= removed.weight
        status.bytes -= removed.bytes
        // The commit has succeeded. Should this fail, the old low-water mark is as true as a new one, only later.
        guard let first = try? statements.firstSequence() ?? nextSequence else { return }
        lowWater = first
        status.oldest = (try? statements.oldest()) ?? nil
    }

    private func setAside(_ batch: SpoolBatch) throws(SQLiteError) {
        try database.transaction { () throws(SQLiteError) in try statements.setAside(batch.sequence) }
        status.batches -= 1
        status.weight -= batch.weight
        status.bytes -= batch.payload.count
        status.damagedBatches += 1
        lowWater = try statements.firstSequence() ?? nextSequence
        status.oldest = try statements.oldest()
    }

    func stored<T>(_ body: () throws(SQLiteError) -> T) throws(SpoolError) -> T {
        do throws(SQLiteError) {
            return try body()
        } catch {
            throw .storage(error)
        }
    }
}
