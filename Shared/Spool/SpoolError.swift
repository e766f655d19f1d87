public import SQLite

/// Why the spool did not do as told.
public enum SpoolError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The configured limit is reached: `bytes` are spooled, `limit` are allowed.
    case full(bytes: Int, limit: Int)
    /// The file was written by a newer version of Sluice.
    case newerSchema(path: String, found: Int64, known: Int64)
    case storage(SQLiteError)

    public var description: String {
        switch self {
        case .full(let bytes, let limit):
            "cannot spool another batch: \(bytes) of \(limit) bytes are in use and nothing has been taken downstream"
        case .newerSchema(let path, let found, let known):
            "cannot open the spool \(path): it has schema version \(found), this program knows \(known); "
                + "run the newer version"
        case .storage(let error): error.description
        }
    }

    public var isRetriable: Bool {
        switch self {
        case .full: true
        case .newerSchema: false
        case .storage(let error): error.isRetriable
        }
    }

    /// No room, in the limit or on the disk: making room helps.
    public var isFull: Bool {
        switch self {
        case .full: true
        case .newerSchema: false
        case .storage(let error): error.isFull
        }
    }
}
