public import Model

/// `sluice_discarded_readings_total{reason,intentional}`: every reason exists from the start, at zero, so that an
/// alert rule can watch for the first one.
public struct DiscardCounters: Sendable {
    private let counters: [DiscardReason: Counter]

    public init(in registry: MetricsRegistry) {
        counters = Dictionary(
            uniqueKeysWithValues: DiscardReason.allCases.map { reason in
                let labels: MetricsRegistry.Labels = [
                    "reason": reason.rawValue, "intentional": "\(reason == .filtered)",
                ]
                let help = "Readings that were not passed on, by reason."
                return (reason, registry.counter("sluice_discarded_readings_total", help, labels: labels))
            })
    }

    public func count(_ reason: DiscardReason, _ readings: Int = 1) {
        counters[reason]?.add(readings)
    }

    public func value(_ reason: DiscardReason) -> Int {
        counters[reason]?.value ?? 0
    }

    /// Over all reasons.
    public var total: Int {
        counters.values.reduce(0) { $0 + $1.value }
    }
}
