import Model
import Testing

@testable import Alerting

struct AlertMutingTests {
    private func silence(
        _ id: String = "s1", _ matcher: String = "device=boiler", from: Int64, to: Int64
    ) throws -> Silence {
        try Silence(
            id: id, matchers: [AlertMatcher(matcher)], owner: "ada", reason: "maintenance",
            starts: Timestamp(seconds: from), expires: Timestamp(seconds: to))
    }

    @Test func `a silenced alert is recorded, and names the silence`() throws {
        var run = AlertRun()
        run.book.silences = [try silence("s1", from: 0, to: 10_000)]
        run.read(5, breach: ["threshold"])
        run.read(400)
        #expect(run.states == [.firing, .resolved])
        #expect(run.messages.isEmpty)
        #expect(run.transitions.map(\.suppressedBy) == [.silence("s1"), .silence("s1")])
        #expect(run.transitions[0].suppressedBy?.description == "silence s1")
    }

    @Test func `an alert that still fires when the silence ends is told then, once`() throws {
        var run = AlertRun()
        run.book.silences = [try silence("s1", from: 0, to: 1_000)]
        for second in 5...3_000 as ClosedRange<Int64> {
            run.read(second, breach: ["threshold"])
            run.tick(second)
        }
        run.read(3_500)
        #expect(run.messages.map(\.cause) == [.unmuted, .cleared])
        #expect(run.messages[0].at == Timestamp(seconds: 1_000))
        #expect(run.messages[0].why == "silence s1 is over, and it still fires: too high")
    }

    @Test func `a silence that is withdrawn ends too`() throws {
        var run = AlertRun()
        run.book.silences = [try silence("s1", from: 0, to: 1_000)]
        run.read(5, breach: ["threshold"])
        run.tick(6)
        run.book.silences = []
        run.tick(7)
        #expect(run.messages.map(\.cause) == [.unmuted])
    }

    @Test func `where one silence follows another, nothing is told in between`() throws {
        var run = AlertRun()
        run.book.silences = [try silence("s1", from: 0, to: 100), try silence("s2", "sensor~temp*", from: 50, to: 200)]
        run.read(5, breach: ["threshold"])
        for second in 6...199 as ClosedRange<Int64> { run.tick(second) }
        #expect(run.messages.isEmpty)
        run.tick(200)
        #expect(run.messages.map(\.why) == ["silence s2 is over, and it still fires: too high"])
    }

    @Test func `what was told before a silence is not told again after it`() throws {
        var run = AlertRun()
        run.book.silences = [try silence("s1", from: 100, to: 200)]
        run.read(5, breach: ["threshold"])
        for second in stride(from: 6, to: 3_600, by: 7) as StrideTo<Int64> {
            run.read(second, breach: ["threshold"])
            run.tick(second)
        }
        #expect(run.messages.count == 1)
    }

    @Test func `a reminder that is kept back is told when the silence ends`() throws {
        var run = AlertRun(.condition.with { $0.repeatInterval = .seconds(150) })
        run.book.silences = [try silence("s1", from: 100, to: 200)]
        for second in 0...1_000 as ClosedRange<Int64> {
            run.read(second, breach: ["threshold"])
            run.tick(second)
        }
        #expect(run.transitions.map(\.cause) == [.fired, .reminded, .unmuted])
        #expect(run.messages.map(\.at) == [Timestamp(seconds: 0), Timestamp(seconds: 200)])
    }

    @Test func `an alert that was acknowledged under a silence is not told when that ends`() throws {
        var run = AlertRun()
        run.book.silences = [try silence("s1", from: 0, to: 100)]
        run.read(5, breach: ["threshold"])
        run.acknowledge(50)
        run.tick(100)
        run.read(400)
        #expect(run.messages.isEmpty)
        #expect(run.transitions.last?.telling == .quiet(.untold))
    }

    @Test func `a silence for others keeps nothing back`() throws {
        var run = AlertRun()
        run.book.silences = [
            try silence("s1", "device=pump", from: 0, to: 100),
            try silence("s2", "severity=critical", from: 0, to: 100),
            try silence("s3", "detector!=threshold", from: 0, to: 100), try silence("s4", from: 6, to: 100),
        ]
        run.read(5, breach: ["threshold"])
        #expect(run.messages.count == 1)
    }

    private static let device = SensorName(device: "boiler", sensor: "")
    private static let pump = SensorName(device: "pump", sensor: "temperature")

    @Test func `a device that is offline mutes its sensors, and no others`() throws {
        var run = AlertRun()
        run.book.policies["missing"] = .absence
        run.book.inhibitions = [try .offline()]
        run.check(10, isMissing: true, of: Self.device)
        run.read(11, breach: ["threshold"])
        run.read(11, breach: ["threshold"], of: Self.pump)
        #expect(run.messages.map(\.fingerprint.series) == [Self.device, Self.pump])
        #expect(
            run.transitions[1].suppressedBy == .inhibition("offline", by: "missing-boiler-0-missing"))
        #expect(
            run.transitions[1].suppressedBy?.description
                == "inhibition offline by alert missing-boiler-0-missing")
    }

    @Test func `a sensor whose alert still fires when the device is back is told then`() throws {
        var run = AlertRun()
        run.book.policies["missing"] = .absence
        run.book.inhibitions = [try .offline()]
        run.check(10, isMissing: true, of: Self.device)
        run.read(11, breach: ["threshold"])
        try run.restart(12)
        run.tick(13)
        run.check(100, isMissing: false, of: Self.device)
        run.check(160, isMissing: false, of: Self.device)
        run.tick(161)
        #expect(run.messages.map(\.cause) == [.fired, .cleared, .unmuted])
        #expect(run.messages.last?.fingerprint.detector == "threshold")
    }

    @Test func `an inhibition that is new counts with what fires already`() throws {
        var run = AlertRun()
        run.check(10, isMissing: true, of: Self.device)
        run.book.inhibitions = [
            try Inhibition(
                name: "offline", source: [AlertMatcher("detector=missing")], target: [AlertMatcher("sensor=humidity")])
        ]
        run.read(11, breach: ["threshold"])
        run.read(11, breach: ["threshold"], of: SensorName(device: "boiler", sensor: "humidity"))
        #expect(run.transitions.map(\.isTold) == [true, true, false])
        run.book.inhibitions = []
        run.tick(12)
        #expect(run.messages.count == 3)
    }

    @Test func `alerts that are sources do not mute each other`() throws {
        var run = AlertRun()
        run.book.inhibitions = [try Inhibition(name: "worst", source: [AlertMatcher("severity=warning")])]
        run.read(11, breach: ["threshold", "flat-line"])
        #expect(run.messages.count == 2)
    }
}
