internal import Glibc

/// The room on the disk below an SQLite file with a write-ahead log.
public struct DiskRoom {
    let path: String

    public init(path: String) {
        self.path = path
    }

    /// Nil for a disk that does not say.
    public var free: Int? {
        var found = statvfs()
        guard statvfs(path, &found) == 0 else { return nil }
        return Int(clamping: UInt64(found.f_bavail) * UInt64(found.f_frsize))
    }

    /// What the disk must have for so many bytes to be taken, and to leave.
    ///
    /// Whatever changes, even what leaves, is written into the log first, and the log begins anew only when all of it has
    /// found place in the file. A file that filled its disk to the last byte could never be emptied.
    ///
    /// - Parameter unused: bytes of pages that the file has and nothing is in.
    public func need(of bytes: Int, unused: Int) -> Int {
        var log = stat()
        let waiting = stat("\(path)-wal", &log) == 0 ? Int(log.st_size) : 0
        return bytes + Self.margin + max(0, waiting + bytes - unused)
    }

    /// For what is written beside payloads.
    private static let margin = 256 << 10
}
