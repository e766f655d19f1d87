import Observability

/// How many instances are in which state.
struct HealthMonitorMetrics: Sendable {
    private let instances: [InstanceState: Gauge]
    private let looks: Counter

    init(in registry: MetricsRegistry) {
        instances = Dictionary(
            uniqueKeysWithValues: InstanceState.allCases.map { state in
                let help = "Instances by state."
                return (state, registry.gauge("sluice_instances", help, labels: ["state": state.rawValue]))
            })
        looks = registry.counter("sluice_looks_total", "How often all instances were asked.")
    }

    func take(_ status: FleetStatus) {
        looks.add()
        for (state, gauge) in instances {
            gauge.set(status.instances.count { $0.state == state })
        }
    }
}
