internal import FoundationEssentials
internal import HTTPEndpoints
public import Ledger
public import Observability

extension StageLedger {
    /// From the counters that every service has under the same names.
    public init(_ identity: ServiceIdentity, _ metrics: MetricsRegistry) {
        self.init(service: identity.service, instance: identity.instance)
        received = metrics.sum("sluice_received_readings_total")
        handedOn = metrics.sum("sluice_sent_readings_total")
        inFlight = metrics.sum("sluice_inflight_readings")
        duplicates = metrics.sum("sluice_duplicate_readings_total") + metrics.sum("sluice_duplicate_messages_total")
        redelivered = metrics.sum("sluice_redelivered_readings_total")
        dead = Self.discarded(metrics, intentional: false)
        dropped = Self.discarded(metrics, intentional: true)
        links = LinkMetrics.links(in: metrics)
    }

    private static func discarded(_ metrics: MetricsRegistry, intentional: Bool) -> [String: Int] {
        metrics.sums("sluice_discarded_readings_total", by: "reason", having: "intentional=\"\(intentional)\"")
            .filter { $0.value != 0 }
    }

    /// Keys in snake case.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ((try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }
}
