internal import Glibc
public import SQLite

/// Why the spool did not do as told.
public enum SpoolError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The configured limit is reached: `bytes` are spooled, `limit` are allowed.
    case full(bytes: Int, limit: Int)
    /// The disk below the spool has `free` bytes left; `minimum` are to stay free.
    case diskLow(free: Int, minimum: Int)
    /// The file is damaged, and what can be read of it could not be saved.
    case notMended(path: String, reason: String)
    /// The file was written by a newer version of Sluice.
    case newerSchema(path: String, found: Int64, known: Int64)
    /// Another process, `pid` if it said so, has the spool open.
    case inUse(path: String, pid: Int32?)
    case cannotLock(path: String, call: String, errno: Int32)
    /// Batches for another number of partitions are waiting in it.
    case otherPartitions(path: String, found: Int, wanted: Int, batches: Int)
    case storage(SQLiteError)

    public var description: String {
        switch self {
        case .full(let bytes, let limit):
            "cannot spool another batch: \(bytes) of \(limit) bytes are in use and nothing has been taken downstream"
        case .notMended(let path, let reason):
            "cannot save what is left of the damaged spool \(path): \(reason)"
        case .diskLow(let free, let minimum):
            "cannot spool another batch: the disk has \(free) bytes left, and \(minimum) are to stay free"
        case .newerSchema(let path, let found, let known):
            "cannot open the spool \(path): it has schema version \(found), this program knows \(known); "
                + "run the newer version"
        case .inUse(let path, let pid):
            "cannot open the spool \(path): another process\(pid.map { " (pid \($0))" } ?? "") has it open"
        case .cannotLock(let path, let call, let code):
            "cannot lock \(path): \(String(cString: strerror(code))) (\(call), errno \(code))"
        case .otherPartitions(let path, let found, let wanted, let batches):
            "cannot open the spool \(path): \(batches) batches in it were written for \(found) partitions, "
                + "and \(wanted) are configured"
        case .storage(let error): error.description
        }
    }

    public var isRetriable: Bool {
        switch self {
        case .full, .diskLow, .inUse, .cannotLock, .notMended: true
        case .newerSchema, .otherPartitions: false
        case .storage(let error): error.isRetriable
        }
    }

    /// The file is not as it was written: ``SpoolSalvage`` makes a new one.
    public var isDamage: Bool {
        guard case .storage(let error) = self else { return false }
        return error.isDamage
    }

    /// No room, in the limit or on the disk: making room helps.
    public var isFull: Bool {
        switch self {
        case .full, .diskLow: true
        case .newerSchema, .inUse, .cannotLock, .otherPartitions, .notMended: false
        case .storage(let error): error.isFull
        }
    }
}
