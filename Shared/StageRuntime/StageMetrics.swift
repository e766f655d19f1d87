public import IOLoop
internal import Model
public import Observability
internal import Pipes

/// What a stage counts, under the names that every service shares. Added to once a batch.
@IOThread
public final class StageMetrics {
    private let received: Counter
    private let sent: Counter
    private let redelivered: Counter
    private let postponed: Counter
    private let refused: Counter
    private let inFlight: Gauge
    private let credit: Gauge
    private let workers: Gauge
    private let utilization: Gauge
    private let stageLatency: Histogram
    private let downstreamLatency: Histogram
    private let links: LinkMetrics
    private var busy = Duration.zero
    private var sampledAt = ContinuousClock.now

    public init(in registry: MetricsRegistry) {
        links = LinkMetrics(in: registry)
        received = registry.counter("sluice_received_readings_total", "Readings taken from upstream.")
        sent = registry.counter("sluice_sent_readings_total", "Readings that downstream has acknowledged.")
        redelivered = registry.counter(
            "sluice_redelivered_readings_total", "Readings that upstream had sent before, to this instance or another.")
        postponed = registry.counter("sluice_postponed_readings_total", "Readings handed back to be sent again.")
        refused = registry.counter("sluice_refused_readings_total", "Readings that downstream will never take.")
        inFlight = registry.gauge("sluice_inflight_readings", "Readings sent downstream and not yet acknowledged.")
        credit = registry.gauge("sluice_credit_readings", "Readings that downstream will take at once.")
        workers = registry.gauge("sluice_downstream_workers", "Workers connected downstream.")
        utilization = registry.gauge("sluice_utilization", "Share of the time spent working on batches, 0 to 1.")
        stageLatency = registry.histogram(
            "sluice_stage_latency_seconds", "Time that this stage worked on a reading's batch.", buckets: .latencies)
        downstreamLatency = registry.histogram(
            "sluice_downstream_latency_seconds", "From sending a reading on to its acknowledgement.",
            buckets: .latencies)
    }

    func received(_ delivery: Delivery) {
        received.add(delivery.batch.count)
        if delivery.redelivered { redelivered.add(delivery.batch.count) }
    }

    func worked(for duration: Duration, on readings: Int) {
        busy += duration
        stageLatency.observe(duration, times: readings)
    }

    func acknowledged(_ readings: Int, after duration: Duration) {
        sent.add(readings)
        downstreamLatency.observe(duration, times: readings)
    }

    func postponed(_ delivery: Delivery) { postponed.add(delivery.batch.count) }

    func refused(_ readings: Int) { refused.add(readings) }

    func sample(_ counters: OutboundPipeCounters, workers count: Int, links found: [LinkStatus]) {
        links.sample(found)
        inFlight.set(counters.inFlightReadings)
        credit.set(counters.credit)
        workers.set(count)
        let now = ContinuousClock.now
        let elapsed = now - sampledAt
        guard elapsed > .zero else { return }
        utilization.set(min(busy / elapsed, 1))
        busy = .zero
        sampledAt = now
    }
}
