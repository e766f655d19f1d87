import Model
import Observability
import Testing

@testable import HealthMonitor

struct WatchCheckTests {
    private let now = Timestamp(seconds: 1_700_000_000)
    private let board = HealthBoard()

    /// What `watch` says after a look that saw instances in these states, so many seconds ago.
    private func said(_ states: [InstanceState], secondsAgo: Int64 = 1) -> String? {
        let time = now.advanced(by: .seconds(-secondsAgo)).iso8601
        var instances = states.enumerated().map { index, state in
            FleetStatus.Instance(
                name: "preprocessor", instance: "preprocessor-\(index)", state: state, since: time, detail: "",
                restarts: 0, throughput: FleetStatus.Throughput(), checks: [])
        }
        instances.append(
            FleetStatus.Instance(
                name: "health-monitor", instance: "health-monitor-1", state: .ready, since: time, detail: "",
                restarts: 0, throughput: FleetStatus.Throughput(), checks: []))
        let check = WatchCheck(on: board, freshness: .seconds(10))
        check.look(at: FleetStatus(state: .ready, time: time, instances: instances), at: now)
        return board.checks.first { $0.name == "watch" }.map { "\($0.status): \($0.detail)" }
    }

    @Test func `a loop that turns and finds instances is well, whatever becomes of some of them`() {
        #expect(said([.ready, .down, .stalled, .left]) == "ok: 2 of 3 instances answer")
    }

    @Test func `a loop that turns no more is red, and green when it goes on`() {
        #expect(said([.ready], secondsAgo: 11) == "fail: has not looked at the fleet since 2023-11-14T22:13:09.000000Z")
        #expect(said([.ready]) == "ok: 1 of 1 instances answer")
    }

    @Test func `it tells when there is nobody but itself, and when nobody answers`() {
        #expect(
            said([.left])
                == "degraded: finds no instance: neither in the registry folder nor at `health_monitor.targets`")
        #expect(said([.down, .down]) == "degraded: none of 2 instances answers")
    }
}
