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

    private let lock: SpoolLock
    let database: Database
    private let statements: Statements
    private var done: [Int64] = []
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
        (count, bytes) = try stored { () throws(SQLiteError) in try statements.stock() }
    }

    /// One transaction: the messages, the packets that brought them, what is held of series, and what is done.
    func commit(
        _ messages: [UplinkMessage], packets: [RecentPacket] = [], held: [HeldReading.Change] = []
    ) throws(SpoolError) {
        try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in
                for message in messages { try statements.insert(message) }
                try statements.remember(packets)
                for change in held { try statements.apply(change) }
                try deleteDone()
            }
        }
        count += messages.count
        for message in messages { bytes += message.payload.count + message.topic.utf8.count + Self.overhead }
        settleDone()
    }

    /// The centre has it. It leaves the file with the next commit or ``removeDone()``.
    func confirm(_ delivery: Delivery) {
        done.append(delivery.sequence)
        count -= 1
        bytes -= delivery.message.payload.count + delivery.message.topic.utf8.count + Self.overhead
    }

    func removeDone() throws(SpoolError) {
        guard !done.isEmpty else { return }
        try commit([])
    }

    private func deleteDone() throws(SQLiteError) {
        for sequence in done { try statements.delete(sequence) }
    }

    private func settleDone() { done.removeAll(keepingCapacity: true) }

    /// The next messages after a sequence, each with its delivery number, which is on disk when this returns.
    func next(after sequence: Int64, limit: Int) throws(SpoolError) -> [Delivery] {
        try stored { () throws(SQLiteError) in
            let found = try statements.next(after: sequence, limit: limit)
            guard found.contains(where: { $0.number == 0 }) else { return found }
            return try database.transaction { () throws(SQLiteError) in try statements.number(found) }
        }
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
