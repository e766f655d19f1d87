import Model
import Testing

@testable import Alerting

struct AlertTimeTests {
    @Test func `a late reading neither ends an alert nor opens it again`() {
        var run = AlertRun()
        run.read(1_000, breach: ["threshold"])
        run.read(10, now: 1_001)
        #expect(run.states == [.firing])
        run.read(1_300)
        run.read(1_200, breach: ["threshold"], now: 1_301)
        #expect(run.states == [.firing, .resolved])
    }

    @Test func `a late reading neither ends what is pending nor sets its clock back`() {
        var run = AlertRun(
            .event.with {
                $0.minBreaches = 2
                $0.ofReadings = 2
            })
        run.read(1_000, breach: ["tailsum"])
        run.read(10, now: 1_000)
        run.read(20, now: 1_001)
        #expect(run.states == [.pending])
        run.read(1_001, breach: ["tailsum"])
        run.read(10, now: 1_002)
        run.tick(1_601)
        #expect(run.states == [.pending, .firing])
        run.tick(1_602)
        #expect(run.states == [.pending, .firing, .resolved])
        #expect(run.transitions.last?.at == Timestamp(seconds: 1_601))
    }

    @Test func `a late breach makes what fires last longer`() {
        var run = AlertRun()
        run.read(1_000, breach: ["threshold"])
        run.read(1_200)
        run.read(1_100, breach: ["threshold"], now: 1_201)
        run.read(1_300)
        #expect(run.states == [.firing])
        run.read(1_400)
        #expect(run.states == [.firing, .resolved])
    }

    @Test func `a reading from the future is taken as of now`() {
        var run = AlertRun()
        run.read(0, breach: ["threshold"])
        run.read(90_000_000, breach: ["threshold"], now: 1)
        run.read(301)
        #expect(run.states == [.firing, .resolved])
        #expect(run.transitions[1].at == Timestamp(seconds: 301))
    }

    @Test func `a clock that is an hour behind changes nothing`() {
        var run = AlertRun(.event)
        run.read(100, breach: ["tailsum"], now: 3_700)
        run.tick(3_700 + 599)
        #expect(run.states == [.firing])
        run.tick(3_700 + 600)
        #expect(run.transitions.last?.at == Timestamp(seconds: 700))
    }

    @Test func `readings that come in bulk, long after, have a life of their own time`() {
        var run = AlertRun(.condition.with { $0.pendingFor = .seconds(60) })
        for second in 0...120 as ClosedRange<Int64> { run.read(second, breach: ["threshold"], now: 50_000) }
        for second in 121...500 as ClosedRange<Int64> { run.read(second, now: 50_001) }
        #expect(run.states == [.pending, .firing, .resolved])
        #expect(run.transitions.map(\.at.microseconds) == [0, 60_000_000, 420_000_000])
    }

    @Test func `a wall clock that goes back stands still`() {
        var run = AlertRun(.event)
        run.read(1_000, breach: ["tailsum"])
        run.tick(0)
        run.tick(-5_000)
        #expect(run.states == [.firing])
        run.tick(1_600)
        #expect(run.states == [.firing, .resolved])
    }

    @Test func `time when nobody listened is no silence`() throws {
        var run = AlertRun(.event)
        run.read(1_000, breach: ["tailsum"])
        try run.restart(1_100, started: 9_000)
        run.tick(9_499)
        #expect(run.states == [.firing])
        run.tick(9_500)
        #expect(run.states == [.firing, .resolved])
        #expect(run.transitions[1].at == Timestamp(seconds: 1_600))
    }

    @Test func `what is before and after all times does not trap`() {
        let ends: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
        for policy in [AlertPolicy.condition, .event, .absence] {
            var machine = AlertMachine(
                AlertFingerprint(series: AlertRun.series, detector: "d"),
                policy: policy.with {
                    $0.pendingFor = .seconds(Int64.max)
                    $0.minBreaches = .max
                    $0.unheardFor = .seconds(Int64.min)
                    $0.messageLimit = .min
                    $0.flapping?.changes = .max
                })
            var transitions: [AlertTransition] = []
            for first in ends {
                for second in ends {
                    for third in ends {
                        let reading = AlertReading(
                            timestamp: Timestamp(microseconds: first), receivedAt: Timestamp(microseconds: second),
                            now: Timestamp(microseconds: third))
                        machine.take(AlertRun.anomaly("d"), eventID: "e", at: reading, into: &transitions)
                        machine.tick(Timestamp(microseconds: first), into: &transitions)
                        machine.take(clear: reading, into: &transitions)
                    }
                }
            }
        }
    }

    @Test func `durations read as people say them`() {
        let durations: [Duration] = [
            .zero, .milliseconds(250), .seconds(5), .seconds(90), .seconds(7_500), .seconds(90_000), .seconds(-1),
        ]
        #expect(durations.map(\.words) == ["0 s", "0.25 s", "5 s", "1 min 30 s", "2 h 5 min", "1 d 1 h", "0 s"])
    }
}
