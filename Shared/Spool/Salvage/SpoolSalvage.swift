internal import FoundationEssentials
public import Model
internal import SQLite

/// What became of a damaged spool.
public struct SalvageReport: Sendable, Equatable {
    /// What was found wrong.
    public var reason: String
    /// Batches that are in the new file.
    public var saved: Int
    /// Batches that could not be read, or not as they were written.
    public var damaged: Int
    /// Where the damaged file is kept.
    public var quarantine: String
}

/// Looks whether a spool's file is sound, and makes a new one of what can be read when it is not.
public struct SpoolSalvage {
    /// What a batch's payload says of itself; nil when it cannot be decoded.
    public typealias Reading = (_ payload: [UInt8], _ spooledAt: Timestamp) -> (producer: String, batch: SpoolBatch)?

    let path: String
    let read: Reading

    /// - Parameter read: only the payload is believed, which has a checksum; the columns beside it have none.
    public init(path: String, read: @escaping Reading) {
        self.path = path
        self.read = read
    }

    /// The spool is looked at closely before it is opened the next time.
    public static func suspect(_ path: String) { _ = FileManager.default.createFile(atPath: mark(path), contents: nil) }

    private static func mark(_ path: String) -> String { "\(path).suspect" }

    /// To be called before the spool is opened. A crash at any point leaves it to the next call.
    ///
    /// - Returns: nil when nothing was wrong.
    /// - Throws: `inUse`, `cannotLock`, `storage`.
    public func mend() throws(SpoolError) -> SalvageReport? {
        let lock = try SpoolLock(spool: path)
        defer { lock.release() }
        do {
            if exists(ready) { try exchange() }
            guard exists(path), let reason = try damage() else { return nil }
            Self.suspect(path)
            let rows = try rebuild()
            let kept = try exchange()
            return SalvageReport(reason: reason, saved: rows.saved, damaged: rows.damaged, quarantine: kept)
        } catch let error as SQLiteError {
            throw .storage(error)
        } catch {
            throw .notMended(path: path, reason: "\(error)")
        }
    }

    private func damage() throws -> String? {
        if exists(Self.mark(path)) { return "damage was met while it was in use" }
        if let log = WriteAheadLog(of: path), log.isDamaged {
            return "its write-ahead log is damaged in frame \(log.intactFrames + 1) of \(log.committedFrames)"
        }
        do throws(SQLiteError) {
            let database = try Database(path: path)
            database.setBusyTimeout(milliseconds: 5_000)
            let check = try database.prepare("PRAGMA quick_check(1)")
            guard try check.step(), check.text(0) == "ok" else { return check.text(0) }
            return try otherProducer(in: database)
        } catch {
            guard error.isDamage else { throw error }
            return error.reason
        }
    }

    /// The one row that has no checksum and all batches depend on is compared with what they say.
    private func otherProducer(in database: Database) throws(SQLiteError) -> String? {
        // A file that is being made has no tables yet.
        guard try database.integer("PRAGMA user_version") == SpoolSchema.version else { return nil }
        let rows = try SpoolStatements(database, for: .reading)
        let named = try rows.producer()
        guard let written = SalvagedRows(read: read).producer(rows, else: named), written != named else { return nil }
        return "its batches are of \(written), and it says \(named)"
    }

    /// Makes the new file beside the old one.
    private func rebuild() throws -> SalvagedRows {
        for file in [copy, draft] { remove(file, "\(file)-wal", "\(file)-shm", "\(file)-journal") }
        try DatabaseCopy(of: path).write(to: copy, template: draft)
        remove(draft, "\(draft)-wal", "\(draft)-shm")
        var rows = SalvagedRows(read: read)
        try rows.move(from: copy, to: draft)
        try FileManager.default.moveItem(atPath: draft, toPath: ready)
        return rows
    }

    /// Puts the new file in the old one's place, which is kept under another name. May be interrupted and called again.
    @discardableResult
    private func exchange() throws -> String {
        let quarantine = "\(path).quarantine-\(Int(Date().timeIntervalSince1970))"
        for end in ["", "-wal"] where exists(path + end) {
            try FileManager.default.moveItem(atPath: path + end, toPath: quarantine + end)
        }
        remove("\(path)-shm", copy)
        try FileManager.default.moveItem(atPath: ready, toPath: path)
        remove(Self.mark(path))
        return quarantine
    }

    private var copy: String { "\(path).copy" }
    private var draft: String { "\(path).draft" }
    private var ready: String { "\(path).salvaged" }

    private func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: file) }

    private func remove(_ files: String...) {
        for file in files { try? FileManager.default.removeItem(atPath: file) }
    }
}
