public import Model

/// `sluice_discarded_readings_total{reason,intentional}`: every reason exists from the start, at zero, so that an
/// alert rule can watch for the first one.
public struct DiscardCounters: Sendable {
    public enum Outcome: Sendable {
        /// It is in the dead letters.
        case deadLetter
        /// A plugin wanted it to go no further (`intentional="true"`).
        case dropped
    }

    private let deadLetters: [DiscardReason: Counter]
    private let dropped: [DiscardReason: Counter]

    public init(in registry: MetricsRegistry) {
        deadLetters = Self.counters(in: registry, intentional: false)
        dropped = Self.counters(in: registry, intentional: true)
    }

    private static func counters(in registry: MetricsRegistry, intentional: Bool) -> [DiscardReason: Counter] {
        Dictionary(
            uniqueKeysWithValues: DiscardReason.allCases.map { reason in
                let labels: MetricsRegistry.Labels = ["reason": reason.rawValue, "intentional": "\(intentional)"]
                let help = "Readings that were not passed on, by reason."
                return (reason, registry.counter("sluice_discarded_readings_total", help, labels: labels))
            })
    }

    public func count(_ reason: DiscardReason, _ readings: Int = 1, as outcome: Outcome = .deadLetter) {
        counters(of: outcome)[reason]?.add(readings)
    }

    public func value(_ reason: DiscardReason, as outcome: Outcome = .deadLetter) -> Int {
        counters(of: outcome)[reason]?.value ?? 0
    }

    /// Over all reasons.
    public var total: Int {
        (Array(deadLetters.values) + dropped.values).reduce(0) { $0 + $1.value }
    }

    private func counters(of outcome: Outcome) -> [DiscardReason: Counter] {
        outcome == .dropped ? dropped : deadLetters
    }
}
