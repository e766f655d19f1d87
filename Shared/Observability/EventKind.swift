public import Logging
import Synchronization

/// Something that happens to a service, told in one place: its metric and its log line cannot drift apart.
///
/// Each occurrence is counted. The log gets at most one line in each interval, with the number of those that were
/// left out, so that a flood of the same event does not become a flood of lines. Any thread may emit.
public final class EventKind: Sendable {
    private struct Pacing {
        var lastLine: ContinuousClock.Instant?
        var suppressed = 0
    }

    private let level: Logger.Level
    private let message: Logger.Message
    private let logger: Logger
    private let counter: Counter
    private let logInterval: Duration
    private let pacing = Mutex(Pacing())

    /// - Parameters:
    ///   - name: the metric's `error_type` (from warnings upwards) or `event` label.
    ///   - logInterval: the least time between two lines; zero logs each.
    public convenience init(
        _ name: String, level: Logger.Level, _ message: Logger.Message, logger: Logger, registry: MetricsRegistry,
        logInterval: Duration = .seconds(5)
    ) {
        let counter =
            level >= .warning
            ? registry.counter("sluice_errors_total", "Faults by type.", labels: ["error_type": name])
            : registry.counter("sluice_events_total", "Events by type.", labels: ["event": name])
        self.init(counting: counter, level: level, message, logger: logger, logInterval: logInterval)
    }

    /// - Parameter counter: of a metric of its own.
    public init(
        counting counter: Counter, level: Logger.Level, _ message: Logger.Message, logger: Logger,
        logInterval: Duration = .seconds(5)
    ) {
        self.level = level
        self.message = message
        self.logger = logger
        self.logInterval = logInterval
        self.counter = counter
    }

    public func emit(_ metadata: Logger.Metadata = [:], count: Int = 1, at now: ContinuousClock.Instant = .now) {
        counter.add(count)
        guard let suppressed = takeTurn(at: now) else { return }
        var metadata = metadata
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.log(level: level, message, metadata: metadata)
    }

    /// How often it happened.
    public var total: Int { counter.value }

    /// The number of lines left out since the last one; nil when this one is to be left out, too.
    private func takeTurn(at now: ContinuousClock.Instant) -> Int? {
        pacing.withLock { pacing in
            if let last = pacing.lastLine, now - last < logInterval {
                pacing.suppressed += 1
                return nil
            }
            defer { pacing = Pacing(lastLine: now) }
            return pacing.suppressed
        }
    }
}
