internal import Glibc

/// Held by the one process that has a spool open: `flock` on a file beside it. The kernel lets go of it however the
/// process ends.
public final class SpoolLock {
    private var descriptor: Int32

    /// - Throws: `inUse` when somebody else has it, `cannotLock` when the file cannot be made.
    public init(spool path: String) throws(SpoolError) {
        let file = "\(path).lock"
        descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotLock(path: file, call: "open", errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.readProcess(descriptor)
            close(descriptor)
            descriptor = -1
            guard code == EWOULDBLOCK else { throw .cannotLock(path: file, call: "flock", errno: code) }
            throw .inUse(path: path, pid: holder)
        }
        writeProcess()
    }

    deinit { release() }

    public var isHeld: Bool { descriptor >= 0 }

    public func release() {
        guard descriptor >= 0 else { return }
        // A child that is just being started may have the descriptor too; closing ours would not let go.
        flock(descriptor, LOCK_UN)
        close(descriptor)
        descriptor = -1
    }

    /// For the error that the second one gets. It locks nothing, so a failure to write it is no failure.
    private func writeProcess() {
        ftruncate(descriptor, 0)
        let text = Array("\(getpid())\n".utf8)
        pwrite(descriptor, text, text.count, 0)
    }

    /// The process that holds the lock, nil when none does. For an instant it holds the lock itself: a process that starts
    /// in it is told that the spool is in use, and is started again.
    static func holder(of path: String) -> Int32? {
        let descriptor = open("\(path).lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        return readProcess(descriptor)
    }

    private static func readProcess(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return Int32(String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 10 }, as: UTF8.self))
    }
}
