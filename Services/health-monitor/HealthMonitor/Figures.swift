/// What is shown of an instance's `/metrics`; sums over labels. Nil: the instance has no such metric.
struct Figures: Hashable, Sendable {
    var received: Double?
    var sent: Double?
    var stored: Double?
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
    var stageLatency = LatencyCounts()
    /// From sending a reading on to its acknowledgement.
    var downstreamLatency = LatencyCounts()
    /// From the arrival of a reading until it is stored.
    var endToEnd = LatencyCounts()
    /// By the name of the instance upstream.
    var links: [String: Link] = [:]

    struct Link: Hashable, Sendable {
        var received = 0.0
        var inFlight = 0.0
        /// What the instance upstream may still send.
        var credit: Double?
    }

    private static let names: [Substring: any WritableKeyPath<Figures, Double?> & Sendable] = [
        "sluice_received_readings_total": \.received, "sluice_sent_readings_total": \.sent,
        "sluice_stored_readings_total": \.stored, "sluice_discarded_readings_total": \.discarded,
        "sluice_errors_total": \.errors, "sluice_redelivered_readings_total": \.redelivered,
        "sluice_dead_letters_total": \.dead, "sluice_inflight_readings": \.inFlight,
        "sluice_credit_readings": \.credit, "sluice_utilization": \.utilization, "sluice_spool_bytes": \.spoolBytes,
        "sluice_spool_readings": \.spoolReadings, "process_resident_memory_bytes": \.memoryBytes,
        "process_cpu_seconds_total": \.cpuSeconds,
    ]

    init(prometheusText: String = "") {
        for sample in MetricsPage(text: prometheusText) {
            if let path = Self.names[sample.name] {
                self[keyPath: path] = (self[keyPath: path] ?? 0) + sample.value
            } else if sample.name.hasPrefix("sluice_link_") {
                takeLink(sample)
            } else if sample.name.hasSuffix("_bucket") {
                takeBucket(sample)
            }
        }
    }

    private mutating func takeBucket(_ sample: MetricsPage.Sample) {
        switch sample.name {
        case "sluice_stage_latency_seconds_bucket": stageLatency.add(sample)
        case "sluice_downstream_latency_seconds_bucket": downstreamLatency.add(sample)
        case "sluice_e2e_latency_seconds_bucket": endToEnd.add(sample)
        default: break
        }
    }

    private mutating func takeLink(_ sample: MetricsPage.Sample) {
        guard let upstream = sample.label("upstream").map({ String($0) }) else { return }
        switch sample.name {
        case "sluice_link_received_readings_total": links[upstream, default: Link()].received += sample.value
        case "sluice_link_inflight_readings": links[upstream, default: Link()].inFlight += sample.value
        case "sluice_link_credit_readings":
            links[upstream, default: Link()].credit = (links[upstream]?.credit ?? 0) + sample.value
        default: break
        }
    }
}
