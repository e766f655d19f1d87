import Glibc
import Processes

/// Held by the one `sluice up` of a data directory. The kernel lets go of it however the process ends.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``AlreadyRunning``, or ``SystemCallError`` when the file cannot be made.
    init(_ directory: DataDirectory) throws {
        descriptor = try SystemCallError.check("open", directory.lock) {
            open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw AlreadyRunning(directory: directory.path, pid: SupervisorState.read(directory)?.supervisor.pid)
        }
    }

    deinit {
        close(descriptor)
    }
}

/// A second `sluice up` on one data directory.
struct AlreadyRunning: Error, CustomStringConvertible {
    let directory: String
    let pid: Int32?

    var description: String {
        let holder = pid.map { " (pid \($0))" } ?? ""
        return
            "another sluice up\(holder) already runs in \(directory); stop it with: sluice down --data-dir \(directory)"
    }
}
