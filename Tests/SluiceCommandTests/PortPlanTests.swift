import LocalServers
import TestServers
import Testing

@testable import SluiceCommand

struct PortPlanTests {
    private let services = ServiceInstance.all(scale: [:])

    @Test func `the monitor is at the base, and the others follow`() throws {
        let base = try freeBlock()
        let plan = try plan(.fixed(base), try directory())
        #expect(plan.ports["health-monitor-1"] == base)
        #expect(plan.ports["mqtt-ingest-1"] == base + 1)
        #expect(plan.ports["aggregator-1"] == base + 5)
    }

    @Test(arguments: [PortPlan.Base.automatic, .anyFree])
    func `the next plan of a data directory has the same ports`(_ base: PortPlan.Base) throws {
        let directory = try directory()
        let first = try plan(base, directory).ports
        #expect(Set(first.values).count == services.count + 2)
        #expect(try plan(base, directory).ports == first)
    }

    @Test func `a port that somebody has taken meanwhile is replaced`() throws {
        let directory = try directory()
        let first = try plan(.anyFree, directory).ports
        let taken = try PortReservation(try #require(first["redis"]))
        let second = try plan(.anyFree, directory).ports
        #expect(second["redis"] != taken.port)
        #expect(second.filter { $0.key != "redis" } == first.filter { $0.key != "redis" })
    }

    @Test func `two plans at a time share nothing`() throws {
        let one = try plan(.automatic, try directory())
        let other = try plan(.automatic, try directory())
        #expect(Set(one.ports.values).isDisjoint(with: other.ports.values))
    }

    @Test func `a fixed base that is taken is refused`() throws {
        let taken = try PortReservation.anyFree()
        let directory = try directory()
        #expect(throws: (any Error).self) { try plan(.fixed(taken.port), directory) }
    }

    @Test func `a fixed base without room for all services is refused`() throws {
        let directory = try directory()
        #expect(throws: NoRoomForPorts.self) { try plan(.fixed(65_531), directory) }
    }

    @Test func `after the highest port of all, others are found elsewhere`() throws {
        let directory = try directory()
        try writeJSON(["mqtt-ingest-1": UInt16.max], to: directory.ports)
        #expect(Set(try plan(.automatic, directory).ports.values).count == services.count + 2)
    }

    @Test func `an instance more keeps the others where they are`() throws {
        let directory = try directory()
        let first = try plan(.automatic, directory).ports
        let more = ServiceInstance.all(scale: ["preprocessor": 2])
        let second = try PortPlan(
            servers: ["redis", "mosquitto"], services: more, base: .automatic, directory: directory)
        #expect(second.ports.filter { $0.key != "preprocessor-2" } == first)
        #expect(second.ports["preprocessor-2"] != nil)
    }

    private func directory() throws -> DataDirectory {
        DataDirectory(path: try TestDirectory.make())
    }

    private func plan(_ base: PortPlan.Base, _ directory: DataDirectory) throws -> PortPlan {
        try PortPlan(servers: ["redis", "mosquitto"], services: services, base: base, directory: directory)
    }

    /// A port with enough free ones behind it.
    private func freeBlock() throws -> UInt16 {
        for _ in 0..<100 {
            let first = try PortReservation.freePort()
            let block = (first..<first + 6).map { try? PortReservation($0) }
            if block.allSatisfy({ $0 != nil }) { return first }
        }
        let none: UInt16? = nil
        return try #require(none, "there are no six free ports in a row")
    }
}

struct RestartDelayTests {
    @Test func `waits double up to a ceiling, and a healthy life starts over`() {
        var delay = RestartDelay()
        let waits = (0..<9).map { _ in delay.next(afterLifetime: .seconds(1)) }
        #expect(waits.prefix(3) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
        #expect(waits.last == .seconds(10))
        #expect(delay.next(afterLifetime: .seconds(60)) == .milliseconds(100))
    }
}

struct DurationOptionTests {
    @Test(arguments: [("30s", 30.0), ("250ms", 0.25), ("1h30m", 5400), ("1.5m", 90), ("2d", 172_800)])
    func `durations are read as people write them`(_ text: String, _ seconds: Double) {
        #expect(DurationOption(argument: text)?.value == .seconds(seconds))
    }

    @Test(arguments: ["", "30", "s", "30x", "1h30", "-5s"])
    func `what is no duration is refused`(_ text: String) {
        #expect(DurationOption(argument: text)?.value == nil)
    }
}
