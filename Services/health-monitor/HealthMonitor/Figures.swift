import Observability

/// What the page shows of an instance's `/metrics`; sums over labels. Nil: the instance has no such metric.
struct Figures: Hashable, Sendable {
    var received: Double?
    var sent: Double?
    var discarded: Double?
    var errors: Double?
    var inFlight: Double?
    var spoolBytes: Double?
    var memoryBytes: Double?
    var cpuSeconds: Double?

    private static let names: [String: any WritableKeyPath<Figures, Double?> & Sendable] = [
        "sluice_received_readings_total": \.received, "sluice_sent_readings_total": \.sent,
        "sluice_discarded_readings_total": \.discarded, "sluice_errors_total": \.errors,
        "sluice_inflight_readings": \.inFlight, "sluice_spool_bytes": \.spoolBytes,
        "process_resident_memory_bytes": \.memoryBytes, "process_cpu_seconds_total": \.cpuSeconds,
    ]

    init(prometheusText: String = "") {
        let samples = MetricSamples(prometheusText: prometheusText)
        for (name, path) in Self.names { self[keyPath: path] = samples.sum(name) }
    }
}
