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

    private static let names: [Substring: any WritableKeyPath<Figures, Double?> & Sendable] = [
        "sluice_received_readings_total": \.received, "sluice_sent_readings_total": \.sent,
        "sluice_discarded_readings_total": \.discarded, "sluice_errors_total": \.errors,
        "sluice_inflight_readings": \.inFlight, "sluice_spool_bytes": \.spoolBytes,
        "process_resident_memory_bytes": \.memoryBytes, "process_cpu_seconds_total": \.cpuSeconds,
    ]

    init(prometheusText: String = "") {
        for line in prometheusText.utf8.split(separator: UInt8(ascii: "\n")) {
            guard line.first != UInt8(ascii: "#") else { continue }
            let name = line.prefix { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: " ") }
            guard let path = Self.names[Substring(name)], let value = Self.value(Substring(line)) else { continue }
            self[keyPath: path] = (self[keyPath: path] ?? 0) + value
        }
    }

    /// The number behind the last space; our own pages carry no time stamps.
    private static func value(_ line: Substring) -> Double? {
        guard let space = line.lastIndex(of: " ") else { return nil }
        return Double(line[space...].dropFirst())
    }
}
