import HTTPEndpoints
import Logging
import Observability

/// What happens to every service alike.
struct FrameEvents: Sendable {
    private let reloaded: EventKind
    private let rejected: EventKind
    let unsafeSetting: EventKind
    let unregistered: EventKind
    let undrained: EventKind
    let leftAtOnce: EventKind

    init(in registry: MetricsRegistry, logger: Logger) {
        // Each is an answer to somebody: none is left out for others.
        func event(_ name: String, _ level: Logger.Level, _ message: Logger.Message) -> EventKind {
            EventKind(name, level: level, message, logger: logger, registry: registry, logInterval: .zero)
        }
        reloaded = event("settings_reloaded", .notice, "settings reloaded")
        rejected = event("settings_rejected", .error, "settings rejected, nothing is applied")
        unsafeSetting = event("unsafe_setting", .warning, "this works, and should not stay so")
        unregistered = event("record_unwritten", .error, "cannot write the instance record")
        undrained = event(
            "not_drained", .error, "not drained within the limit; what is unacknowledged will come again")
        leftAtOnce = event("left_at_once", .warning, "leaving at once")
    }

    func take(_ report: ReloadReport) {
        let version: Logger.Metadata.Value = "\(report.configVersion)"
        guard report.rejected.isEmpty else {
            let reasons = report.rejected.map { "\($0.path): \($0.error)" }.joined(separator: "; ")
            return rejected.emit(["rejected": "\(reasons)", "config_version": version])
        }
        reloaded.emit([
            "applied": "\(report.applied)", "requires_restart": "\(report.requiresRestart)", "config_version": version,
        ])
    }
}
