internal import CSQLite

/// A prepared statement: bind, step through the rows, reset, again.
public final class Statement {
    private let database: Database
    private let handle: OpaquePointer
    private let sql: String

    init(_ sql: String, in database: Database) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else {
            throw SQLiteError("prepare \"\(sql)\" in \(database.path)", code, database.handle)
        }
        self.database = database
        self.sql = sql
        handle = prepared
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// - Parameter index: from 1.
    public func bind(_ index: Int32, _ value: Int64) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, value))
    }

    public func bind(_ index: Int32, _ text: String) throws(SQLiteError) {
        try check(sluice_bind_text(handle, index, text))
    }

    /// Runs to the end with blobs that are only borrowed, and resets.
    ///
    /// - Parameter blobs: with their indexes, from 1.
    public func run(blobs: [(bytes: [UInt8], index: Int32)]) throws(SQLiteError) {
        guard let (bytes, index) = blobs.first else { return try run() }
        let outcome: Result<Void, SQLiteError> = bytes.withUnsafeBytes { buffer in
            Result { () throws(SQLiteError) in
                // Nothing reads the buffer after this: the statement is reset and bound anew.
                defer { sqlite3_bind_null(handle, index) }
                try check(sluice_bind_static_blob(handle, index, buffer.baseAddress, UInt64(buffer.count)))
                try run(blobs: Array(blobs.dropFirst()))
            }
        }
        try outcome.get()
    }

    /// Runs to the end and resets.
    public func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    /// True with a row, false at the end.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw SQLiteError("run \"\(sql)\" in \(database.path)", code, database.handle)
        }
    }

    /// Ready for new values. What a failed step said has been thrown already.
    public func reset() {
        sqlite3_reset(handle)
    }

    /// - Parameter column: from 0.
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    public func text(_ column: Int32) -> String {
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }

    public func blob(_ column: Int32) -> [UInt8] {
        let count = Int(sqlite3_column_bytes(handle, column))
        guard count > 0, let bytes = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else {
            throw SQLiteError("bind a value to \"\(sql)\" in \(database.path)", code, database.handle)
        }
    }
}
