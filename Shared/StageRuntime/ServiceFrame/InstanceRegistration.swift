import Logging
import Observability
import Synchronization

/// Keeps this process's own record in the directory.
final class InstanceRegistration: Sendable {
    private let directory: InstanceDirectory
    private let record: Mutex<InstanceRecord>
    private let failed: EventKind

    /// - Parameter failed: the record could not be written.
    init(_ record: InstanceRecord, in directory: InstanceDirectory, failed: EventKind) {
        self.record = Mutex(record)
        self.directory = directory
        self.failed = failed
    }

    /// Changes the record and writes it, one writer at a time.
    func update(_ change: (inout InstanceRecord) -> Void) {
        record.withLock { record in
            change(&record)
            do {
                try directory.write(record)
            } catch {
                failed.emit(["folder": "\(directory.path)", "error": "\(error)"])
            }
        }
    }

    func remove() {
        record.withLock { directory.remove($0) }
    }
}
