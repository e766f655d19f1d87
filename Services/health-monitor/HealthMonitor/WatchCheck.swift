import Model
import Observability

/// `watch` on `/readyz`: whether the monitor goes on looking, and whether it finds anybody.
struct WatchCheck: Sendable {
    private let check: HealthCheck
    private let freshness: Duration

    /// - Parameter freshness: so old a look says that there is none any more.
    init(on board: HealthBoard, freshness: Duration) {
        check = board.check("watch", initially: .fail, "has not looked at the fleet yet")
        self.freshness = freshness
    }

    /// About once a second.
    ///
    /// - Parameter status: of the last look.
    func look(at status: FleetStatus, at now: Timestamp) {
        let others = status.instances.filter { $0.name != "health-monitor" && $0.state != .left }
        let answering = others.count { $0.state != .down }
        if let seen = Timestamp(iso8601: status.time), now.since(seen) > freshness {
            check.report(.fail, "has not looked at the fleet since \(status.time)")
        } else if others.isEmpty {
            check.report(.degraded, "finds no instance: neither in the registry folder nor at `health_monitor.targets`")
        } else if answering == 0 {
            check.report(.degraded, "none of \(others.count) instances answers")
        } else {
            check.report(.ok, "\(answering) of \(others.count) instances answer")
        }
    }

    /// Until the task is cancelled.
    func follow(_ watch: FleetWatch) async {
        while !Task.isCancelled {
            look(at: await watch.status, at: .now())
            // A cancelled sleep ends early, and so does the loop.
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
