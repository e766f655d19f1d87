import Logging
import Synchronization

/// Keeps this process's own record in the directory.
final class InstanceRegistration: Sendable {
    private let directory: InstanceDirectory
    private let record: Mutex<InstanceRecord>
    private let logger: Logger

    init(_ record: InstanceRecord, in directory: InstanceDirectory, logger: Logger) {
        self.record = Mutex(record)
        self.directory = directory
        self.logger = logger
    }

    /// Changes the record and writes it, one writer at a time.
    func update(_ change: (inout InstanceRecord) -> Void) {
        record.withLock { record in
            change(&record)
            do {
                try directory.write(record)
            } catch {
                let folder = directory.path
                logger.error(
                    "cannot write the instance record", metadata: ["folder": "\(folder)", "error": "\(error)"])
            }
        }
    }

    func remove() {
        record.withLock { directory.remove($0) }
    }
}
