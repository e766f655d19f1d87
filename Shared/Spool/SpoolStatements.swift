internal import Model
internal import SQLite

/// The spool's SQL.
struct SpoolStatements {
    let database: Database
    /// Not where a spool is only read: it may be of an older version, which has fewer columns.
    private let insertBatch: Statement?
    private let insertPackets: Statement
    private let forgetPackets: Statement
    private let selectNext: Statement
    private let deleteBatch: Statement
    private let selectFirst: Statement
    private let countItems: Statement?
    private let countUnused: Statement

    enum Use {
        case reading
        case writing
    }

    init(_ database: Database, for use: Use = .writing) throws(SQLiteError) {
        self.database = database
        // Never replacing: a row with the next sequence is somebody else's, and its messages are acknowledged.
        insertBatch =
            use == .writing ? try database.prepare("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)") : nil
        insertPackets = try database.prepare("INSERT INTO recent_packets VALUES (?, ?, ?)")
        forgetPackets = try database.prepare("DELETE FROM recent_packets WHERE sequence <= ?")
        selectNext = try database.prepare("SELECT * FROM batches WHERE sequence > ? ORDER BY sequence LIMIT 1")
        deleteBatch = try database.prepare("DELETE FROM batches WHERE sequence = ? RETURNING weight, bytes")
        countItems = use == .writing ? try database.prepare("UPDATE spool SET items = items + ?") : nil
        countUnused = try database.prepare(
            "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")
        selectFirst = try database.prepare("SELECT sequence, spooled_at FROM batches ORDER BY sequence LIMIT 1")
    }

    /// - Parameter before: items that have entered before it.
    func insert(_ batch: SpoolBatch, before: Int) throws(SQLiteError) {
        guard let insertBatch, let countItems else { preconditionFailure("these statements are for reading") }
        let partitions = PartitionList.encode(batch.partitions)
        try insertBatch.bind(1, Int64(batch.sequence))
        try insertBatch.bind(2, Int64(batch.weight))
        try insertBatch.bind(3, Int64(batch.payload.count))
        try insertBatch.bind(4, batch.spooledAt.microseconds)
        try insertBatch.bind(6, checksum(batch.payload))
        try insertBatch.bind(8, Int64(before))
        try insertBatch.run(blobs: [(partitions, 5), (batch.payload, 7)])
        try countItems.bind(1, Int64(batch.weight))
        try countItems.run()
    }

    func insert(_ packets: [RecentPacket], sequence: UInt64, forgetting last: UInt64?) throws(SQLiteError) {
        if let last {
            try forgetPackets.bind(1, Int64(last))
            try forgetPackets.run()
        }
        try insertPackets.bind(1, Int64(sequence))
        try insertPackets.bind(2, Int64(packets.count))
        try insertPackets.run(blobs: [(PacketList.encode(packets), 3)])
    }

    /// The batch, and whether its bytes are what was written.
    func first(after sequence: UInt64) throws(SQLiteError) -> (SpoolBatch, isIntact: Bool)? {
        defer { selectNext.reset() }
        try selectNext.bind(1, Int64(clamping: sequence))
        guard try selectNext.step() else { return nil }
        return row(selectNext)
    }

    /// The batch with this sequence.
    func exactly(_ sequence: UInt64) throws(SQLiteError) -> (SpoolBatch, isIntact: Bool)? {
        let select = try database.prepare("SELECT * FROM batches WHERE sequence = ?")
        try select.bind(1, Int64(clamping: sequence))
        return try select.step() ? row(select) : nil
    }

    private func row(_ select: Statement) -> (SpoolBatch, isIntact: Bool) {
        // A damaged file may say anything; what does not fit is found by the checksum.
        let batch = SpoolBatch(
            sequence: UInt64(clamping: select.integer(0)), weight: Int(select.integer(1)),
            partitions: PartitionList.decode(select.blob(4)),
            spooledAt: Timestamp(microseconds: select.integer(3)), payload: select.blob(6))
        return (batch, checksum(batch.payload) == select.integer(5))
    }

    /// A batch that is only to be counted and kept.
    func insertDamaged(_ batch: SpoolBatch) throws(SQLiteError) {
        let insert = try database.prepare("INSERT OR REPLACE INTO damaged_batches VALUES (?, ?, ?, ?, x'', 0, ?, 0)")
        try insert.bind(1, Int64(clamping: batch.sequence))
        try insert.bind(2, Int64(batch.weight))
        try insert.bind(3, Int64(batch.payload.count))
        try insert.bind(4, batch.spooledAt.microseconds)
        try insert.run(blobs: [(batch.payload, 5)])
    }

    func delete(_ sequence: UInt64) throws(SQLiteError) -> (weight: Int, bytes: Int)? {
        defer { deleteBatch.reset() }
        try deleteBatch.bind(1, Int64(sequence))
        guard try deleteBatch.step() else { return nil }
        let removed = (weight: Int(deleteBatch.integer(0)), bytes: Int(deleteBatch.integer(1)))
        // A statement with RETURNING has done its work at the first row; stepping on ends it.
        while try deleteBatch.step() {}
        return removed
    }

    func setAside(_ sequence: UInt64) throws(SQLiteError) {
        try database.execute(
            """
            INSERT OR REPLACE INTO damaged_batches SELECT * FROM batches WHERE sequence = \(sequence);
            DELETE FROM batches WHERE sequence = \(sequence)
            """)
    }

    func firstSequence() throws(SQLiteError) -> UInt64? {
        defer { selectFirst.reset() }
        return try selectFirst.step() ? UInt64(selectFirst.integer(0)) : nil
    }

    func oldest() throws(SQLiteError) -> Timestamp? {
        defer { selectFirst.reset() }
        return try selectFirst.step() ? Timestamp(microseconds: selectFirst.integer(1)) : nil
    }

    func producer() throws(SQLiteError) -> String {
        let select = try database.prepare("SELECT producer FROM spool")
        return try select.step() ? select.text(0) : ""
    }

    /// For how many partitions the batches are; nil when the file does not say.
    func partitionCount() throws(SQLiteError) -> Int? {
        let select = try database.prepare("SELECT partitions FROM spool")
        guard try select.step(), !select.isNull(0) else { return nil }
        return Int(select.integer(0))
    }

    func setPartitionCount(_ count: Int) throws(SQLiteError) {
        try database.execute("UPDATE spool SET partitions = \(count)")
    }

    /// For how many partitions the batches must be at least.
    func leastPartitionCount() throws(SQLiteError) -> Int {
        let select = try database.prepare("SELECT partitions FROM batches")
        var highest = 0
        while try select.step() {
            highest = max(highest, Int(PartitionList.decode(select.blob(0)).last?.rawValue ?? 0))
        }
        return highest + 1
    }

    func lastSequence() throws(SQLiteError) -> UInt64 {
        UInt64(
            try database.integer(
                """
                SELECT max(coalesce((SELECT max(sequence) FROM batches), 0),
                           coalesce((SELECT max(sequence) FROM recent_packets), 0),
                           coalesce((SELECT max(sequence) FROM damaged_batches), 0))
                """))
    }

    func status() throws(SQLiteError) -> SpoolStatus {
        let select = try database.prepare(
            "SELECT count(*), coalesce(sum(weight), 0), coalesce(sum(bytes), 0) FROM batches")
        var status = SpoolStatus()
        guard try select.step() else { return status }
        status.batches = Int(select.integer(0))
        status.weight = Int(select.integer(1))
        status.bytes = Int(select.integer(2))
        status.oldest = try oldest()
        status.damagedBatches = Int(try database.integer("SELECT count(*) FROM damaged_batches"))
        return status
    }

    /// Of pages that the file has and nothing is in.
    func unusedBytes() throws(SQLiteError) -> Int {
        defer { countUnused.reset() }
        return try countUnused.step() ? Int(countUnused.integer(0)) : 0
    }

    /// Items that ever entered.
    func items() throws(SQLiteError) -> Int { Int(try database.integer("SELECT items FROM spool")) }

    /// Items that had entered before this batch; nil when it is not there.
    func items(before sequence: UInt64) throws(SQLiteError) -> Int? {
        let select = try database.prepare("SELECT items_before FROM batches WHERE sequence = ?")
        try select.bind(1, Int64(clamping: sequence))
        return try select.step() ? Int(select.integer(0)) : nil
    }

    func account() throws(SQLiteError) -> SpoolAccount {
        let entered = try items()
        var before: Int?
        var through = try lastSequence() + 1
        if let first = try firstSequence() {
            through = first
            before = try items(before: first)
        }
        return SpoolAccount(
            entered: entered, through: through, enteredBefore: before ?? entered,
            damagedBefore: Int(
                try database.integer(
                    "SELECT coalesce(sum(weight), 0) FROM damaged_batches WHERE sequence < \(through)")))
    }

    func recentCounts() throws(SQLiteError) -> [(sequence: UInt64, count: Int)] {
        let select = try database.prepare("SELECT sequence, count FROM recent_packets ORDER BY sequence")
        var counts: [(sequence: UInt64, count: Int)] = []
        while try select.step() { counts.append((UInt64(select.integer(0)), Int(select.integer(1)))) }
        return counts
    }

    private func checksum(_ bytes: [UInt8]) -> Int64 { Int64(bitPattern: StableHash.fnv1a(bytes)) }
}
