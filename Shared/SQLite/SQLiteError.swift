internal import CSQLite

/// What SQLite refused to do.
///
/// Reads aloud: "cannot open /data/spool.sqlite: unable to open database file (sqlite 14)".
public struct SQLiteError: Error, Hashable, CustomStringConvertible, Sendable {
    /// What was tried, with its object: `open /data/spool.sqlite`.
    public var action: String
    /// SQLite's extended result code.
    public var code: Int32
    public var reason: String

    init(_ action: String, _ code: Int32, _ database: OpaquePointer?) {
        self.action = action
        self.code = code
        reason = String(cString: database.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
    }

    public var description: String { "cannot \(action): \(reason) (sqlite \(code))" }

    /// Another process holds the file, the disk is full or refuses for now.
    public var isRetriable: Bool {
        [SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM].contains(code & 0xff)
    }

    /// The file is no database, or a damaged one.
    public var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code & 0xff) }

    /// The disk, or the quota on it, is full.
    public var isFull: Bool { code & 0xff == SQLITE_FULL }
}
