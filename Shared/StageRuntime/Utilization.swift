public import IOLoop
internal import Model
public import Observability

#if canImport(Glibc)
    import Glibc
#endif

/// `sluice_utilization`: near 1, this instance is what holds the others up.
@IOThread
public final class Utilization {
    private let gauge: Gauge
    private var busy = Duration.zero
    private var sampledAt = ContinuousClock.now
    private var processorTime = Duration.zero
    /// Shorter, a single batch would make it jump.
    private static let interval = Duration.milliseconds(900)

    public init(in registry: MetricsRegistry) {
        gauge = registry.utilization()
    }

    /// Once a batch.
    public func worked(for duration: Duration) { busy += duration }

    /// Called now and then, at most ten times a second.
    public func sample(at now: ContinuousClock.Instant = .now) {
        let elapsed = now - sampledAt
        guard elapsed >= Self.interval else { return }
        gauge.set(min(busy / elapsed, 1))
        busy = .zero
        sampledAt = now
    }

    /// The same for a service whose work cannot be told from the loop's: what this thread had of a processor counts as work.
    public func sampleThread(at now: ContinuousClock.Instant = .now) {
        guard now - sampledAt >= Self.interval else { return }
        let used = Self.threadTime()
        worked(for: used - processorTime)
        processorTime = used
        sample(at: now)
    }

    /// Counts what `body` waits for, such as a disk, as work too; what it computes is in the thread's time already.
    public func waiting<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let (began, used) = (ContinuousClock.now, Self.threadTime())
        defer { worked(for: (ContinuousClock.now - began) - (Self.threadTime() - used)) }
        return try body()
    }

    private static func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
