import Glibc

/// A file with a place in it where the next bytes are read or written. All methods throw ``FileError``.
public final class OpenFile {
    public enum Access {
        case read
        /// Of a file that is there already.
        case update
    }

    public let path: String
    private let descriptor: Int32

    public init(_ path: String, for access: Access = .read) throws(FileError) {
        let descriptor = open(path, (access == .read ? O_RDONLY : O_RDWR) | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Goes to the end.
    ///
    /// - Returns: the size in bytes.
    @discardableResult
    public func seekToEnd() throws(FileError) -> UInt64 { try seek(0, SEEK_END) }

    public func seek(to offset: UInt64) throws(FileError) { _ = try seek(Int(clamping: offset), SEEK_SET) }

    /// The next bytes, `limit` at most; fewer only at the end of the file, and none behind it.
    public func read(upTo limit: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let more = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + count, limit - count) }
            if more == 0 { break }
            if more > 0 { count += more } else if errno != EINTR { throw FileError("read", path) }
        }
        bytes.removeLast(limit - count)
        return bytes
    }

    /// Writes all of them, or throws.
    public func write(_ bytes: some Collection<UInt8>) throws(FileError) {
        let bytes = Array(bytes)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + count, bytes.count - count) }
            if more >= 0 { count += more } else if errno != EINTR { throw FileError("write", path) }
        }
    }

    /// Returns when what was written is on the disk.
    public func synchronize() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError("synchronize", path) }
    }

    private func seek(_ offset: Int, _ origin: Int32) throws(FileError) -> UInt64 {
        let place = lseek(descriptor, offset, origin)
        guard place >= 0 else { throw FileError("seek in", path) }
        return UInt64(place)
    }
}
