/// Readiness as Prometheus sees it.
public enum HealthMetrics {
    public static func register(in registry: MetricsRegistry, board: HealthBoard) {
        let ready = registry.gauge("sluice_ready", "1 while /readyz answers 200.")
        registry.beforeScrape { [weak registry] in
            let checks = board.checks
            ready.set(checks.contains { $0.status == .fail } ? 0 : 1)
            for check in checks { registry?.gauge(of: check).set(level(check.status)) }
        }
    }

    private static func level(_ status: HealthBoard.Status) -> Int {
        switch status {
        case .ok: 0
        case .degraded: 1
        case .fail: 2
        }
    }
}

extension MetricsRegistry {
    fileprivate func gauge(of check: HealthBoard.Check) -> Gauge {
        gauge(
            "sluice_check_status", "A check of /readyz: 0 ok, 1 degraded, 2 failed.", labels: ["check": check.name])
    }
}
