import Model
import Observability

/// What `sluice top` shows of an instance, or of all instances of a service together. Nil: it does not count that, or it
/// cannot be told yet.
struct StageFigures: Encodable, Hashable, Sendable {
    /// Readings taken, a second.
    var inPerSecond: Double?
    /// Readings handed on, stored or merged, a second.
    var outPerSecond: Double?
    /// Readings handed on and not acknowledged, or taken and not stored.
    var inFlight: Double?
    /// Readings that it holds: in its spool, or taken from upstream and not settled.
    var depth: Double?
    /// Since the process began, as all that follows but the last two.
    var redelivered: Double?
    var dead: Double?
    /// Readings that a plugin dropped.
    var dropped: Double?
    /// Share of the time spent working, 0 to 1.
    var utilization: Double?
    /// Of the time that a reading spent in it, over the last interval.
    var p99Seconds: Double?
    /// What `p99Seconds` was told from.
    var latencies: BucketCounts?

    private enum CodingKeys: CodingKey {
        case inPerSecond, outPerSecond, inFlight, depth, redelivered, dead, dropped, utilization, p99Seconds
    }
}

extension StageFigures {
    /// - Parameters:
    ///   - earlier: of the same instance, or of the process before it: counters that went back began at zero.
    ///   - elapsed: between the two.
    init(_ samples: MetricSamples, since earlier: MetricSamples?, elapsed: Duration) {
        let increase = CounterIncrease(now: samples, earlier: earlier, seconds: elapsed.inSeconds)
        inPerSecond = increase.perSecond(["sluice_received_readings_total"])
        outPerSecond = increase.perSecond(["sluice_sent_readings_total"])
        inFlight = samples.sum("sluice_inflight_readings")
        depth =
            samples.sum("sluice_spool_readings") ?? samples.sum("sluice_spool_messages")
            ?? samples.sum("sluice_link_inflight_readings")
        redelivered = samples.sum("sluice_redelivered_readings_total")
        dead = samples.sum("sluice_discarded_readings_total", having: ["intentional": "false"])
        dropped = samples.sum("sluice_discarded_readings_total", having: ["intentional": "true"])
        utilization = samples.sum("sluice_utilization")
        let names = ["sluice_stage_latency_seconds", "sluice_rollup_merge_seconds"]
        guard let earlier, let name = names.first(where: { samples.buckets($0) != nil }) else { return }
        latencies = samples.buckets(name)?.since(earlier.buckets(name))
        p99Seconds = latencies?.quantile(0.99)
    }

    /// Of a service: sums, and the mean of the utilisations.
    init(adding all: [StageFigures]) {
        func sum(_ path: KeyPath<StageFigures, Double?>) -> Double? {
            let values = all.compactMap { $0[keyPath: path] }
            return values.isEmpty ? nil : values.reduce(0, +)
        }
        inPerSecond = sum(\.inPerSecond)
        outPerSecond = sum(\.outPerSecond)
        inFlight = sum(\.inFlight)
        depth = sum(\.depth)
        redelivered = sum(\.redelivered)
        dead = sum(\.dead)
        dropped = sum(\.dropped)
        utilization = sum(\.utilization).map { $0 / Double(all.compactMap(\.utilization).count) }
        let counts = all.compactMap(\.latencies)
        latencies = counts.dropFirst().reduce(counts.first) { sum, next in sum?.adding(next) }
        p99Seconds = latencies?.quantile(0.99)
    }
}

/// How much counters have grown.
struct CounterIncrease {
    let now: MetricSamples
    let earlier: MetricSamples?
    let seconds: Double

    /// Over those that there are; nil when there are none, and before there was an earlier look.
    func perSecond(_ names: [String], having labels: [String: String] = [:]) -> Double? {
        guard let earlier, seconds > 0 else { return nil }
        let increases = names.compactMap { name -> Double? in
            guard let new = now.sum(name, having: labels) else { return nil }
            let old = earlier.sum(name, having: labels) ?? 0
            return new >= old ? new - old : new
        }
        return increases.isEmpty ? nil : increases.reduce(0, +) / seconds
    }
}

/// What `sluice top` shows of a pipe.
struct LinkFigures: Encodable, Hashable, Sendable {
    var from: String
    var to: String
    var readingsPerSecond: Double?
    /// Received and not settled.
    var inFlight: Double
    var redelivered: Double
    /// Age of the oldest reading that is in flight.
    var lagSeconds: Double?

    /// Those over which an instance takes readings.
    static func links(
        into instance: String, _ samples: MetricSamples, since earlier: MetricSamples?, elapsed: Duration
    ) -> [LinkFigures] {
        let increase = CounterIncrease(now: samples, earlier: earlier, seconds: elapsed.inSeconds)
        let received = "sluice_link_received_readings_total"
        let inFlight = samples.sums("sluice_link_inflight_readings", by: "upstream")
        let redelivered = samples.sums("sluice_link_redelivered_readings_total", by: "upstream")
        let oldest = samples.sums("sluice_link_oldest_seconds", by: "upstream")
        return samples.sums(received, by: "upstream").keys.sorted().map { upstream in
            LinkFigures(
                from: upstream, to: instance,
                readingsPerSecond: increase.perSecond([received], having: ["upstream": upstream]),
                inFlight: inFlight[upstream] ?? 0, redelivered: redelivered[upstream] ?? 0,
                lagSeconds: oldest[upstream])
        }
    }
}
