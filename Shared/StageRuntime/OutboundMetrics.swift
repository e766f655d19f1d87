public import IOLoop
public import Observability
public import Pipes

/// What a service can say of its pipe downstream.
@IOThread
public final class OutboundMetrics {
    private let queued: Gauge
    private let credit: Gauge
    private let workers: Gauge
    private let resent: Counter
    private let lost: Counter

    public init(in registry: MetricsRegistry) {
        queued = registry.gauge("sluice_queued_readings", "Readings that wait for a worker with credit.")
        credit = registry.gauge("sluice_credit_readings", "Readings that downstream will take at once.")
        workers = registry.gauge("sluice_downstream_workers", "Workers connected downstream.")
        resent = registry.counter("sluice_resent_readings_total", "Readings sent again because their worker went away.")
        lost = registry.counter("sluice_lost_workers_total", "Workers that fell silent.")
    }

    /// To be called about once a second, always with the counters of the same pipe.
    public func sample(_ counters: OutboundPipeCounters, workers count: Int) {
        queued.set(counters.queuedReadings)
        credit.set(counters.credit)
        workers.set(count)
        resent.add(counters.redeliveredReadings - resent.value)
        lost.add(counters.deaths - lost.value)
    }
}
