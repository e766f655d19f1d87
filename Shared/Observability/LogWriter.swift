import Logging
import Model
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Writes the log's lines to standard error, in one `write` each, so that lines of several threads do not mix.
///
/// It blocks when standard error does: whoever reads a service's log must go on reading.
struct LogWriter: LogHandler {
    enum Form: Sendable {
        case text, json
    }

    /// Shared by all loggers of the process, so that a reload reaches those that exist.
    final class Threshold: Sendable {
        private let raw: Mutex<Logger.Level>

        init(_ level: Logger.Level) { raw = Mutex(level) }

        var level: Logger.Level {
            get { raw.withLock { $0 } }
            set { raw.withLock { $0 = newValue } }
        }
    }

    let label: String
    let form: Form
    let threshold: Threshold
    let write: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    /// Set when somebody gave this one logger a level of its own.
    private var ownLevel: Logger.Level?

    init(label: String, form: Form, threshold: Threshold, write: @escaping @Sendable (String) -> Void) {
        self.label = label
        self.form = form
        self.threshold = threshold
        self.write = write
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        all.merge(metadataProvider?.get() ?? [:]) { _, new in new }
        all.merge(event.metadata ?? [:]) { _, new in new }
        if let error = event.error { all["error"] = "\(error)" }
        let line = LogLine(
            time: .now(), level: event.level, label: label, message: event.message.description, metadata: all)
        write(form == .json ? line.json() : line.text())
    }

    static func writeToStandardError(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
                if count < 0, errno != EINTR { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
            }
        }
    }
}
