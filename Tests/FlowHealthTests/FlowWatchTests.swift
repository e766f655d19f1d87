import Observability
import Settings
import StageRuntime
import Testing

/// A watch, and the time that passes before it.
private struct Watched {
    var watch: FlowWatch
    var sample = FlowSample(arrived: 0, done: 0, waiting: 0, isListening: true)
    var now = ContinuousClock.now
    var limits = HealthSettings.standard
    var verdict = HealthVerdict(.ok)

    init(_ silence: FlowWatch.Silence = .degrades) {
        watch = FlowWatch(silence: silence)
    }

    /// Lets seconds pass, one look in each.
    mutating func pass(_ seconds: Int, arriving: Int = 0, done: Int? = nil, culprit: String? = nil) {
        for _ in 0..<seconds {
            now += .seconds(1)
            sample.arrived += arriving
            sample.done += done ?? arriving
            sample.waiting = sample.arrived - sample.done
            verdict = watch.look(sample, at: now, limits: limits, culprit: culprit)
        }
    }
}

@Suite struct FlowWatchTests {
    @Test func `work that waits and does not move fails after ten seconds, and says what is usual`() {
        var flow = Watched()
        flow.pass(120, arriving: 2_300)
        #expect(flow.verdict == HealthVerdict(.ok, "usually 2,300/s"))
        flow.pass(1, arriving: 12_400, done: 0)
        flow.pass(8)
        #expect(flow.verdict.status == .ok)
        flow.pass(5, culprit: "storage-writer-1 has 8,000 of them")
        #expect(flow.verdict.status == .fail)
        #expect(
            flow.verdict.detail
                == "12,400 readings wait and none was acknowledged for 14 s; usually 2,300/s; storage-writer-1 has 8,000 of them"
        )
        flow.pass(1, done: 1)
        #expect(flow.verdict.status == .ok)
    }

    @Test func `a single reading that waits is told of without a rate that nobody knows`() {
        var flow = Watched()
        flow.pass(1, arriving: 1, done: 0)
        flow.pass(10)
        #expect(flow.verdict == HealthVerdict(.fail, "1 reading waits and none was acknowledged for 10 s"))
    }

    @Test func `a backlog that moves is no stall`() {
        var flow = Watched()
        flow.pass(1, arriving: 1_000_000, done: 0)
        for _ in 0..<60 {
            flow.pass(9)
            flow.pass(1, done: 1)
            #expect(flow.verdict.status == .ok)
        }
    }

    @Test func `nothing waits, so nothing is stalled, however long`() {
        var flow = Watched()
        flow.pass(7_200)
        #expect(flow.verdict == HealthVerdict(.ok))
    }

    @Test func `where readings enter, a silence is degraded, then fails, then is a quiet fleet`() {
        var flow = Watched(.fails)
        flow.pass(120, arriving: 50)
        flow.pass(29)
        #expect(flow.verdict.status == .ok)
        flow.pass(1)
        #expect(flow.verdict == HealthVerdict(.degraded, "nothing has come for 30 s; usually 50/s"))
        flow.pass(269)
        #expect(flow.verdict.status == .degraded)
        flow.pass(1)
        #expect(flow.verdict == HealthVerdict(.fail, "nothing has come for 5 min; usually 50/s"))
        flow.pass(3_300)
        #expect(flow.verdict.status == .ok)
        flow.pass(86_400)
        #expect(flow.verdict.status == .ok)
        // The night teaches nothing: the next silence is told as the first one was.
        flow.pass(120, arriving: 50)
        flow.pass(30)
        #expect(flow.verdict == HealthVerdict(.degraded, "nothing has come for 30 s; usually 50/s"))
    }

    @Test func `behind the entrance a silence only degrades`() {
        var flow = Watched()
        flow.pass(120, arriving: 50)
        flow.pass(1_800)
        #expect(flow.verdict.status == .degraded)
    }

    @Test func `zero for silence_fails_after never fails`() {
        var flow = Watched(.fails)
        flow.limits.silenceFailsAfter = nil
        flow.pass(120, arriving: 50)
        flow.pass(3_000)
        #expect(flow.verdict.status == .degraded)
    }

    @Test func `devices that report once a minute are silent for three minutes first`() {
        var flow = Watched(.fails)
        for _ in 0..<10 {
            flow.pass(1, arriving: 1_000)
            flow.pass(59)
            #expect(flow.verdict.status == .ok)
        }
        #expect(flow.verdict.detail == "usually 17/s")
        flow.pass(110)
        #expect(flow.verdict.status == .ok)
        flow.pass(20)
        #expect(flow.verdict.status == .degraded)
    }

    @Test func `a handful of readings teaches nothing`() {
        var flow = Watched(.fails)
        flow.pass(30, arriving: 1_000)
        flow.pass(1_000)
        #expect(flow.verdict == HealthVerdict(.ok))
    }

    @Test func `what cannot come is not missed`() {
        var flow = Watched(.fails)
        flow.pass(120, arriving: 50)
        flow.sample.isListening = false
        flow.pass(3_000)
        #expect(flow.verdict.status == .ok)
        flow.sample.isListening = true
        flow.pass(29)
        #expect(flow.verdict.status == .ok)
        flow.pass(1)
        #expect(flow.verdict.status == .degraded)
    }

    @Test func `an outage teaches no patience beyond twice what there was, and no rate`() {
        var flow = Watched(.fails)
        flow.pass(300, arriving: 50)
        flow.pass(1_000)
        flow.pass(1, arriving: 50)
        #expect(flow.verdict == HealthVerdict(.ok, "usually 50/s"))
        flow.pass(179)
        #expect(flow.verdict.status == .ok)
        flow.pass(1)
        #expect(flow.verdict.status == .degraded)
    }

    @Test func `a process that was stopped blames nobody for that time`() {
        var flow = Watched(.fails)
        flow.pass(120, arriving: 50)
        flow.pass(1, arriving: 50, done: 0)
        flow.now += .seconds(600)
        flow.pass(9)
        #expect(flow.verdict.status == .ok)
        flow.pass(2)
        #expect(flow.verdict.status == .fail)
    }

    @Test func `counters that begin anew are no flow`() {
        var flow = Watched()
        flow.pass(120, arriving: 50)
        flow.sample = FlowSample(arrived: 0, done: 0, waiting: 0, isListening: true)
        flow.pass(1)
        #expect(flow.verdict.status == .ok)
        flow.pass(1, arriving: 1, done: 0)
        flow.pass(11)
        #expect(flow.verdict.status == .fail)
    }
}
