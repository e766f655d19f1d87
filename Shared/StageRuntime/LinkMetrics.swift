public import IOLoop
internal import Ledger
internal import Model
public import Observability
public import Pipes

/// What came over each pipe from upstream, by the name of the instance there.
@IOThread
public final class LinkMetrics {
    fileprivate struct Instruments {
        let received: Counter
        let settled: Counter
        let redelivered: Counter
        let inFlight: Gauge
        let credit: Gauge
        let oldest: Gauge
    }

    /// What two addresses of one instance have together.
    fileprivate struct Levels {
        var inFlight = 0
        var credit = 0
        var oldest = Duration.zero
    }

    private let registry: MetricsRegistry
    private var byUpstream: [String: Instruments] = [:]
    /// What has been counted of each address: a pipe's own counters begin anew when its address goes and comes back.
    private var counted: [String: InboundPipeCounters] = [:]

    public init(in registry: MetricsRegistry) {
        self.registry = registry
    }

    /// To be called about once a second.
    public func sample(_ links: [LinkStatus]) {
        var levels: [String: Levels] = [:]
        let present = Set(links.map(\.address))
        counted = counted.filter { present.contains($0.key) }
        for link in links {
            guard let upstream = link.upstream else { continue }
            let instruments = byUpstream[upstream] ?? make(upstream)
            let now = link.counters
            var last = counted[link.address] ?? InboundPipeCounters()
            if now.hasBegunAnew(since: last) { last = InboundPipeCounters() }
            instruments.received.add(now.receivedReadings - last.receivedReadings)
            instruments.settled.add(now.settledReadings - last.settledReadings)
            instruments.redelivered.add(now.redeliveredReadings - last.redeliveredReadings)
            levels[upstream, default: Levels()].add(now)
            counted[link.address] = now
        }
        for (upstream, instruments) in byUpstream { instruments.show(levels[upstream] ?? Levels()) }
    }

    private func make(_ upstream: String) -> Instruments {
        let labels: MetricsRegistry.Labels = ["upstream": upstream]
        let instruments = Instruments(
            received: registry.counter(Self.received, "What came over the pipe from an instance.", labels: labels),
            settled: registry.counter(Self.settled, "What was acknowledged to it or given back.", labels: labels),
            redelivered: registry.counter(Self.redelivered, "What had been sent before.", labels: labels),
            inFlight: registry.gauge(Self.inFlight, "Received and not settled.", labels: labels),
            credit: registry.gauge("sluice_link_credit_readings", "What the instance may still send.", labels: labels),
            oldest: registry.gauge(
                "sluice_link_oldest_seconds", "Since when the oldest batch is here that is not settled; 0 without one.",
                labels: labels))
        byUpstream[upstream] = instruments
        return instruments
    }

    nonisolated static func links(in metrics: MetricsRegistry) -> [LinkLedger] {
        let received = metrics.sums(received, by: "upstream")
        let settled = metrics.sums(settled, by: "upstream")
        let redelivered = metrics.sums(redelivered, by: "upstream")
        let inFlight = metrics.sums(inFlight, by: "upstream")
        return received.keys.sorted().map { upstream in
            LinkLedger(
                upstream: upstream, received: received[upstream] ?? 0, settled: settled[upstream] ?? 0,
                inFlight: inFlight[upstream] ?? 0, redelivered: redelivered[upstream] ?? 0)
        }
    }

    private nonisolated static let received = "sluice_link_received_readings_total"
    private nonisolated static let settled = "sluice_link_settled_readings_total"
    private nonisolated static let redelivered = "sluice_link_redelivered_readings_total"
    private nonisolated static let inFlight = "sluice_link_inflight_readings"
}

extension InboundPipeCounters {
    /// Whether it is another link at the same address.
    fileprivate func hasBegunAnew(since last: InboundPipeCounters) -> Bool {
        receivedReadings < last.receivedReadings || settledReadings < last.settledReadings
            || redeliveredReadings < last.redeliveredReadings
    }
}

extension LinkMetrics.Levels {
    fileprivate mutating func add(_ link: InboundPipeCounters) {
        inFlight += link.openReadings
        credit += link.credit
        oldest = max(oldest, link.oldestOpen)
    }
}

extension LinkMetrics.Instruments {
    fileprivate func show(_ levels: LinkMetrics.Levels) {
        inFlight.set(levels.inFlight)
        credit.set(levels.credit)
        oldest.set(levels.oldest.inSeconds)
    }
}
