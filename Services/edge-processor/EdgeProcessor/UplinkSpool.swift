internal import Model
internal import SQLite
internal import Spool

/// What the gateway has acknowledged and the centre has not confirmed yet, on disk: WAL, `synchronous = FULL`.
///
/// Belongs to the I/O thread. Messages leave in the order in which they came. When one is first handed out it gets a delivery
/// number, without a gap and for good, by which the centre recognises it when it comes again.
final class UplinkSpool {
    struct Delivery: Equatable {
        var sequence: Int64
        var number: Int64
        var message: UplinkMessage
        var thinned: Int64
    }

    let path: String
    /// Unique to this file for ever.
    let producer: String
    /// Messages in it.
    private(set) var count = 0
    /// Of topics and payloads, about.
    private(set) var bytes = 0
    /// Of those that have a number: they are never given up.
    private var numberedBytes = 0
    /// Of those that may be thinned.
    var waitingBytes: Int { bytes - numberedBytes }
    /// Messages that the centre will never take, kept aside.
    private(set) var refused = 0

    private let lock: SpoolLock
    let database: Database
    private let statements: Statements
    private var done: Set<Int64> = []
    /// A message costs so much beside topic and payload.
    static let overhead = 48

    /// - Throws: `inUse` when another process has the file open, `newerSchema`, `storage`.
    init(path: String, newProducer: () -> String) throws(SpoolError) {
        self.path = path
        lock = try SpoolLock(spool: path)
        do throws(SQLiteError) {
            database = try Database(path: path)
            try UplinkSchema.prepare(database, newProducer: newProducer)
            statements = try Statements(database)
            producer = try statements.producer()
        } catch {
            throw .storage(error)
        }
        let version = try stored { () throws(SQLiteError) in try database.integer("PRAGMA user_version") }
        guard version == UplinkSchema.version else {
            throw .newerSchema(path: path, found: version, known: UplinkSchema.version)
        }
        try takeStock()
    }

    func close() {
        lock.release()
    }

    /// Counts anew, after thinning and at the start.
    func takeStock() throws(SpoolError) {
        (count, bytes, numberedBytes) = try stored { () throws(SQLiteError) in try statements.stock() }
        refused = try stored { () throws(SQLiteError) in
            Int(try database.integer("SELECT count(*) FROM refused"))
        }
        // They have been counted, and are in the file only until the next commit.
        guard !done.isEmpty else { return }
        let gone = try stored { () throws(SQLiteError) in try statements.weigh(done) }
        count -= gone.count
        bytes -= gone.bytes
        numberedBytes -= gone.bytes
    }

    /// One transaction: the messages, the packets that brought them, what is held of series, and what is done.
    func commit(
        _ messages: [UplinkMessage], packets: [RecentPacket] = [], held: [HeldReading.Change] = []
    ) throws(SpoolError) {
        precondition(lock.isHeld, "a spool that was closed takes no message")
        let added = messages.reduce(0) { $0 + Self.weight(of: $1) }
        if added > 0 { try makeSure(ofRoomFor: added) }
        try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in
                for message in messages { try statements.insert(message) }
                try statements.remember(packets)
                for change in held { try statements.apply(change) }
                for sequence in done { try statements.delete(sequence) }
            }
        }
        count += messages.count
        bytes += added
        done.removeAll(keepingCapacity: true)
    }

    private static func weight(of message: UplinkMessage) -> Int {
        message.payload.count + message.topic.utf8.count + overhead
    }

    /// What leaves is written too: a spool that filled its disk to the last byte could never be emptied.
    private func makeSure(ofRoomFor added: Int) throws(SpoolError) {
        let room = DiskRoom(path: path)
        guard let free = room.free else { return }
        let unused = (try? statements.unusedBytes()) ?? 0
        let need = room.need(of: added, unused: unused) + Self.margin
        guard free < need else { return }
        // The log's room, and that of an empty file, for the next attempt.
        if count == 0 { try? database.execute("VACUUM") }
        try? database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        throw .diskLow(free: free, minimum: need)
    }

    /// For the log while pages are numbered and deleted.
    private static let margin = 1 << 20

    /// The centre has it. It leaves the file with the next commit or ``removeDone()``.
    func confirm(_ delivery: Delivery) {
        guard done.insert(delivery.sequence).inserted else { return }
        count -= 1
        bytes -= Self.weight(of: delivery.message)
        numberedBytes -= Self.weight(of: delivery.message)
    }

    /// The centre will never take it. It is kept aside, so that those behind it can go.
    func setAside(_ delivery: Delivery, because why: String) throws(SpoolError) {
        try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in
                try statements.setAside(delivery, because: why)
            }
        }
        refused += 1
        confirm(delivery)
    }

    /// The topic filters that the local broker holds for our session, as far as we know.
    func subscriptions() throws(SpoolError) -> Set<String> {
        try stored { () throws(SQLiteError) in try statements.subscriptions() }
    }

    func setSubscriptions(_ filters: Set<String>) throws(SpoolError) {
        try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in try statements.setSubscriptions(filters) }
        }
    }

    func removeDone() throws(SpoolError) {
        guard !done.isEmpty else { return }
        try commit([])
    }

    /// The next messages after a sequence, each with its delivery number, which is on disk when this returns.
    func next(after sequence: Int64, limit: Int) throws(SpoolError) -> [Delivery] {
        let found = try stored { () throws(SQLiteError) in try statements.next(after: sequence, limit: limit) }
        let new = found.filter { $0.number == 0 }
        guard !new.isEmpty else { return found }
        let numbered = try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in try statements.number(found) }
        }
        numberedBytes += new.reduce(0) { $0 + Self.weight(of: $1.message) }
        return numbered
    }

    /// The newest hash for each packet id, of the messages that were committed last.
    func recentPackets() throws(SpoolError) -> [UInt16: UInt64] {
        try stored { () throws(SQLiteError) in try statements.recentPackets() }
    }

    /// The broker has begun a new session, and counts packet ids anew.
    func forgetPackets() throws(SpoolError) {
        try stored { () throws(SQLiteError) in try database.execute("DELETE FROM recent_packets") }
    }

    /// What was held when the last process ended.
    func heldReadings() throws(SpoolError) -> [HeldReading] {
        try stored { () throws(SQLiteError) in try statements.heldReadings() }
    }

    func stored<T>(_ body: () throws(SQLiteError) -> T) throws(SpoolError) -> T {
        do throws(SQLiteError) {
            return try body()
        } catch {
            throw .storage(error)
        }
    }
}

/// A reading that a rule holds until the next one of its series decides. It is acknowledged, so it is on disk.
struct HeldReading: Equatable {
    enum Change: Equatable {
        case hold(HeldReading)
        /// Sent or withheld.
        case release(topic: String)
    }

    var message: UplinkMessage
}
