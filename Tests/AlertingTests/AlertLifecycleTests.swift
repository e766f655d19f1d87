import Model
import Testing

@testable import Alerting

struct AlertLifecycleTests {
    @Test func `the first breach fires, and five minutes without one end it`() throws {
        var run = AlertRun()
        run.read(0, breach: ["threshold"])
        run.read(1...299)
        #expect(run.states == [.firing])
        run.read([300])
        #expect(run.states == [.firing, .resolved])
        #expect(run.messages.count == 2)
        let last = try #require(run.transitions.last)
        #expect(last.from == .firing && last.cause == .cleared && last.at == Timestamp(seconds: 300))
        #expect(last.why == "no anomaly for 5 min")
    }

    @Test func `ids come from the reading that opened it`() {
        var run = AlertRun()
        run.read(0)
        run.read(1, breach: ["threshold"])
        run.read(400)
        #expect(run.transitions.map(\.id) == ["p-2-7-threshold/1", "p-2-7-threshold/2"])
        #expect(run.transitions.map(\.from) == [nil, .firing])
        #expect(run.transitions[0].anomaly?.score == 5 && run.transitions[1].anomaly == nil)
        #expect(run.transitions[0].fingerprint.description == "boiler/temperature threshold")
    }

    @Test func `with for, it is pending first and tells nobody`() {
        var run = AlertRun(.condition.with { $0.pendingFor = .seconds(60) })
        run.read(0..<60, breach: ["threshold"])
        #expect(run.states == [.pending])
        run.read([60], breach: ["threshold"])
        #expect(run.states == [.pending, .firing])
        #expect(run.messages.map(\.to) == [.firing])
    }

    @Test func `with for, one reading without a breach begins it anew`() {
        var run = AlertRun(.condition.with { $0.pendingFor = .seconds(60) })
        run.read(0..<60, breach: ["threshold"])
        run.read(60)
        run.read(61..<121, breach: ["threshold"])
        #expect(run.states == [.pending, .resolved, .pending])
        #expect(run.transitions[1].telling == .quiet(.pending))
        #expect(run.transitions[1].why == "did not last: the last breach was 1 s ago")
        #expect(Set(run.transitions.map(\.alertID)).count == 2)
    }

    @Test func `so many breaches among so many readings`() {
        var run = AlertRun(
            .condition.with {
                $0.minBreaches = 3
                $0.ofReadings = 5
            })
        for (second, isBreach) in [1, 0, 1, 0, 0, 1, 0].enumerated() {
            run.read(Int64(second), breach: isBreach == 1 ? ["threshold"] : [])
        }
        #expect(run.states == [.pending])
        run.read(7, breach: ["threshold"])
        #expect(run.states == [.pending])
        run.read(8, breach: ["threshold"])
        #expect(run.states == [.pending, .firing])
    }

    @Test func `breaches that are too few fade with the window`() {
        var run = AlertRun(
            .condition.with {
                $0.minBreaches = 3
                $0.ofReadings = 5
            })
        run.read(0, breach: ["threshold"])
        run.read(1...4)
        #expect(run.states == [.pending])
        run.read(5)
        #expect(run.states == [.pending, .resolved])
        #expect(run.book.alerts.isEmpty)
    }

    @Test func `without a window, so many breaches in a row`() {
        var run = AlertRun(.condition.with { $0.minBreaches = 3 })
        for second in 0..<9 as Range<Int64> { run.read(second, breach: second % 3 == 2 ? [] : ["threshold"]) }
        #expect(run.states == [.pending])
        run.read([9, 10], breach: ["threshold"])
        #expect(run.states == [.pending])
        run.read(11, breach: ["threshold"])
        #expect(run.states == [.pending, .firing])
    }

    @Test func `an acknowledged alert is not told again until it is over`() throws {
        var run = AlertRun()
        run.read(0, breach: ["threshold"])
        #expect(run.acknowledge(10, note: "on my way") == .acknowledged)
        for hour in 1...20 as ClosedRange<Int64> {
            run.read(hour * 3_600, breach: ["threshold"])
            run.tick(hour * 3_600)
        }
        run.read(100_000)
        #expect(run.states == [.firing, .acknowledged, .resolved])
        #expect(run.messages.map(\.to) == [.firing, .resolved])
        let acknowledged = run.transitions[1]
        #expect(acknowledged.actor == "ada" && acknowledged.why == "on my way")
        #expect(acknowledged.at == Timestamp(seconds: 10))
    }

    @Test func `only what fires can be acknowledged, and once`() {
        var run = AlertRun(.condition.with { $0.pendingFor = .seconds(60) })
        #expect(run.acknowledge(0) == .unknown)
        run.read(0, breach: ["threshold"])
        #expect(run.acknowledge(0) == .notFiring(.pending))
        run.read(60, breach: ["threshold"])
        #expect(run.acknowledge(61) == .acknowledged)
        #expect(run.transitions.last?.why == "acknowledged by ada")
        #expect(run.acknowledge(62) == .notFiring(.acknowledged))
    }

    @Test func `an alert that nobody acknowledges is told again, once by default`() {
        var run = AlertRun()
        for minute in 0...(48 * 60) as ClosedRange<Int64> {
            run.read(minute * 60, breach: ["threshold"])
            run.tick(minute * 60)
        }
        #expect(run.messages.map(\.cause) == [.fired, .reminded])
        #expect(run.messages[1].at == Timestamp(seconds: 4 * 3_600))
        #expect(run.messages[1].why == "still firing after 4 h: too high")
    }

    @Test func `and as often as the limit of messages lets it`() {
        var run = AlertRun(
            .condition.with {
                $0.messageLimit = 6
                $0.repeatInterval = .seconds(600)
            })
        for minute in 0...120 as ClosedRange<Int64> {
            run.read(minute * 60, breach: ["threshold"])
            run.tick(minute * 60)
        }
        run.read(10_000)
        #expect(run.messages.map(\.cause) == [.fired, .reminded, .reminded, .reminded, .reminded, .cleared])
    }

    @Test func `long after its end, the same again is a new alert`() {
        var run = AlertRun()
        run.read(0, breach: ["threshold"])
        run.read(300)
        run.read(300 + 3_600)
        #expect(run.book.alerts.isEmpty)
        run.read(300 + 3_601, breach: ["threshold"])
        #expect(run.transitions.map(\.alertID).last == "p-4-7-threshold")
        #expect(run.transitions.last?.from == nil)
    }

    @Test func `each detector of a series has an alert of its own`() {
        var run = AlertRun()
        run.read(0, breach: ["threshold", "rate-of-change"])
        run.read(200, breach: ["threshold"])
        run.read(300)
        #expect(run.transitions.map(\.fingerprint.detector) == ["threshold", "rate-of-change", "rate-of-change"])
        #expect(run.states == [.firing, .firing, .resolved])
    }
}
