import Observability

/// What is shown of an instance's `/metrics`; sums over labels. Nil: the instance has no such metric.
struct Figures: Hashable, Sendable {
    var received: Double?
    var sent: Double?
    var discarded: Double?
    var errors: Double?
    var redelivered: Double?
    var dead: Double?
    var inFlight: Double?
    var credit: Double?
    var utilization: Double?
    var spoolBytes: Double?
    var spoolReadings: Double?
    var memoryBytes: Double?
    var cpuSeconds: Double?
    /// How long the stage works on a reading.
    var stageLatency: BucketCounts?
    /// From sending a reading on to its acknowledgement.
    var downstreamLatency: BucketCounts?
    /// From the arrival of a reading until it is stored.
    var endToEnd: BucketCounts?
    /// By the name of the instance upstream.
    var links: [String: Link] = [:]

    struct Link: Hashable, Sendable {
        var received = 0.0
        var inFlight = 0.0
        /// What the instance upstream may still send.
        var credit: Double?
        /// For how long the oldest batch has been here without being settled; 0 without one.
        var oldestSeconds: Double?
    }

    private static let names: [String: any WritableKeyPath<Figures, Double?> & Sendable] = [
        "sluice_received_readings_total": \.received, "sluice_sent_readings_total": \.sent,
        "sluice_discarded_readings_total": \.discarded, "sluice_errors_total": \.errors,
        "sluice_redelivered_readings_total": \.redelivered,
        "sluice_dead_letters_total": \.dead, "sluice_inflight_readings": \.inFlight,
        "sluice_credit_readings": \.credit, "sluice_utilization": \.utilization, "sluice_spool_bytes": \.spoolBytes,
        "sluice_spool_readings": \.spoolReadings, "process_resident_memory_bytes": \.memoryBytes,
        "process_cpu_seconds_total": \.cpuSeconds,
    ]

    init(prometheusText: String = "") {
        let samples = MetricSamples(prometheusText: prometheusText)
        for (name, path) in Self.names { self[keyPath: path] = samples.sum(name) }
        stageLatency = samples.buckets("sluice_stage_latency_seconds")
        downstreamLatency = samples.buckets("sluice_downstream_latency_seconds")
        endToEnd = samples.buckets("sluice_e2e_latency_seconds")
        takeLinks(samples)
    }

    private mutating func takeLinks(_ samples: MetricSamples) {
        func take(_ name: String, _ set: (inout Link, Double) -> Void) {
            for (upstream, value) in samples.sums(name, by: "upstream") {
                set(&links[upstream, default: Link()], value)
            }
        }
        take("sluice_link_received_readings_total") { $0.received = $1 }
        take("sluice_link_inflight_readings") { $0.inFlight = $1 }
        take("sluice_link_credit_readings") { $0.credit = $1 }
        take("sluice_link_oldest_seconds") { $0.oldestSeconds = $1 }
    }
}
