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
    private let outbound: OutboundMetrics
    private let utilization: Utilization
    private let stageLatency: Histogram
    private let downstreamLatency: Histogram
    private let links: LinkMetrics

    public init(in registry: MetricsRegistry) {
        links = LinkMetrics(in: registry)
        outbound = OutboundMetrics(in: registry)
        utilization = Utilization(in: registry)
        received = registry.receivedReadings()
        sent = registry.sentReadings()
        redelivered = registry.redeliveredReadings()
        postponed = registry.counter("sluice_postponed_readings_total", "Readings handed back to be sent again.")
        refused = registry.counter("sluice_refused_readings_total", "Readings that downstream will never take.")
        inFlight = registry.inFlightReadings()
        stageLatency = registry.stageLatency()
        downstreamLatency = registry.histogram(
            "sluice_downstream_latency_seconds", "From sending a reading on to its acknowledgement.",
            buckets: .latencies)
    }

    func received(_ delivery: Delivery) {
        received.add(delivery.batch.count)
        if delivery.redelivered { redelivered.add(delivery.batch.count) }
    }

    func worked(for duration: Duration, on readings: Int) {
        utilization.worked(for: duration)
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
        outbound.sample(counters, workers: count)
        utilization.sample()
    }
}
