internal import Foundation
internal import HTTPEndpoints
public import Ledger
public import Observability

extension StageLedger {
    /// From the counters that every service has under the same names.
    public init(_ identity: ServiceIdentity, _ metrics: MetricsRegistry) {
        self.init(service: identity.service, instance: identity.instance)
        received = metrics.sum("sluice_received_readings_total")
        handedOn = ["sent", "stored", "merged"].reduce(0) { $0 + metrics.sum("sluice_\($1)_readings_total") }
        inFlight = metrics.sum("sluice_inflight_readings")
        duplicates = metrics.sum("sluice_duplicate_readings_total") + metrics.sum("sluice_duplicate_messages_total")
        redelivered = metrics.sum("sluice_redelivered_readings_total")
        discarded = metrics.sums("sluice_discarded_readings_total", by: "reason").filter { $0.value != 0 }
    }

    /// Keys in snake case.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ((try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }
}
