import Testing

@testable import SluiceCommand

struct ChaosScheduleTests {
    private func draw(_ seed: UInt64, _ faults: [ChaosFault] = ChaosFault.allCases) -> [ChaosEvent] {
        ChaosSchedule.draw(seed: seed, duration: .seconds(600), faults: faults)
    }

    @Test func `the same seed gives the same schedule, another seed another`() {
        #expect(draw(7) == draw(7))
        #expect(draw(7) != draw(8))
    }

    @Test func `all faults come, in order, and within the duration`() {
        let events = draw(1)
        #expect(Set(events.map(\.fault)) == Set(ChaosFault.allCases))
        #expect(events.map(\.milliseconds) == events.map(\.milliseconds).sorted())
        #expect(events.allSatisfy { $0.milliseconds < 600_000 })
    }

    @Test func `only the faults that were asked for come`() {
        #expect(Set(draw(1, [.kill, .scale]).map(\.fault)) == [.kill, .scale])
    }

    @Test func `faults are asked for by their names, and no others are taken`() {
        #expect(ChaosFaultsOption(argument: "kill,restart-redis,scale")?.value == [.kill, .restartRedis, .scale])
        #expect(ChaosFaultsOption(argument: "kill,explode") == nil)
        #expect(ChaosFaultsOption(argument: "") == nil)
    }

    @Test func `mqtt-ingest is scaled only where the broker stays`() {
        func scalesIngest(_ events: [ChaosEvent]) -> Bool {
            events.contains { $0.fault == .scale && $0.target == "mqtt-ingest" }
        }
        #expect(!scalesIngest(draw(1)))
        #expect(scalesIngest(draw(1, [.kill, .scale])))
    }
}
