import HTTPEndpoints
import Model
import Testing

@testable import HealthMonitor

@Suite struct PipelineReadinessTests {
    private static let now = Timestamp(microseconds: 1_700_000_000_000_000)

    private func complaints(_ states: [(String, InstanceState)], seen: Timestamp = now) -> [String] {
        let instances = states.enumerated().map { number, entry in
            FleetStatus.Instance(
                name: entry.0, instance: "\(entry.0)-\(number)", state: entry.1, since: "then", detail: "why",
                restarts: 0, throughput: FleetStatus.Throughput(), checks: [])
        }
        let status = FleetStatus(state: .ready, time: seen.iso8601, instances: instances)
        return PipelineReadiness(status, at: Self.now).complaints
    }

    private let whole = PipelineReadiness.path.map { ($0, InstanceState.ready) }

    @Test func `with one of each it is ready, whoever else starts, drains or has left`() {
        #expect(complaints(whole).isEmpty)
        #expect(
            complaints(whole + [("preprocessor", .starting), ("aggregator", .draining), ("mqtt-ingest", .left)]).isEmpty
        )
    }

    @Test func `degraded is at work`() {
        #expect(complaints(PipelineReadiness.path.map { ($0, .degraded) }).isEmpty)
    }

    @Test(arguments: PipelineReadiness.path.indices, [InstanceState.starting, .draining, .left])
    func `a service of which nobody works makes it red`(place: Int, state: InstanceState) {
        var states = whole
        states[place].1 = state
        #expect(complaints(states) == ["no \(PipelineReadiness.path[place]) works"])
        states.remove(at: place)
        #expect(complaints(states) == ["no \(PipelineReadiness.path[place]) works"])
    }

    @Test(arguments: [InstanceState.stalled, .down])
    func `one that is stuck makes it red, though another works`(state: InstanceState) {
        #expect(
            complaints(whole + [("preprocessor", state)]) == ["preprocessor-5 is \(state.rawValue) since then: why"])
    }

    @Test func `an old look says nothing of now`() {
        let seen = Timestamp(microseconds: Self.now.microseconds - 10_000_001)
        #expect(complaints(whole, seen: seen).count == 1)
        #expect(
            PipelineReadiness(FleetStatus(state: .down, time: "", instances: []), at: Self.now).answer.status == 503)
    }
}
