import Ledger
import Observability

/// How many instances are in which state, and whether the ledger is balanced.
struct HealthMonitorMetrics: Sendable {
    private let instances: [InstanceState: Gauge]
    private let looks: Counter
    private let producers: [LedgerBalance.State: Gauge]
    private let difference: Gauge

    init(in registry: MetricsRegistry) {
        instances = Dictionary(
            uniqueKeysWithValues: InstanceState.allCases.map { state in
                let help = "Instances by state."
                return (state, registry.gauge("sluice_instances", help, labels: ["state": state.rawValue]))
            })
        producers = Dictionary(
            uniqueKeysWithValues: [.balanced, .unbalanced, .unknown].map { (state: LedgerBalance.State) in
                let help = "Spools by the state of their account in the ledger."
                return (state, registry.gauge("sluice_ledger_producers", help, labels: ["state": state.rawValue]))
            })
        difference = registry.gauge(
            "sluice_ledger_difference_readings",
            "What the accounts of unbalanced spools lack or have too much, together.")
        looks = registry.counter("sluice_looks_total", "How often all instances were asked.")
    }

    func take(_ status: FleetStatus) {
        looks.add()
        for (state, gauge) in instances {
            gauge.set(status.instances.count { $0.state == state })
        }
    }

    func take(_ report: LedgerReport) {
        for (state, gauge) in producers { gauge.set(report.producers.count { $0.state == state }) }
        let unbalanced = report.producers.filter { $0.state == .unbalanced }
        difference.set(unbalanced.reduce(0) { $0 + abs($1.difference) })
    }
}
