import Model
import Testing

@testable import Alerting

/// What a person would want to hear of, and no more than three messages of it; with the policies as they are by default.
struct AlertScenarioTests {
    @Test(arguments: [600, 20_000, 400_000] as [Int64])
    func `a sensor that is stuck is told, once more when that lasts, and told well`(seconds: Int64) {
        var run = AlertRun()
        for second in stride(from: 0, to: seconds, by: 10) {
            run.read(second, breach: ["flat-line"])
            run.tick(second)
        }
        run.read(stride(from: seconds, to: seconds + 7_200, by: 10))
        let isLong = seconds > 4 * 3_600
        #expect(run.messages.map(\.cause) == (isLong ? [.fired, .reminded, .cleared] : [.fired, .cleared]))
        #expect(run.book.alerts.isEmpty)
    }

    @Test(arguments: [120, 20_000, 400_000] as [Int64])
    func `a device that is silent is told, and that it is back`(seconds: Int64) {
        var run = AlertRun(.absence)
        for second in 60..<seconds { run.check(second, isMissing: true) }
        run.tick(seconds)
        run.read(seconds..<(seconds + 100))
        run.check(seconds + 100, isMissing: false)
        for second in 0..<8_000 as Range<Int64> { run.tick(seconds + 100 + second) }
        #expect(run.messages.first?.cause == .fired && run.messages.last?.to == .resolved)
        #expect(run.messages.count <= 3)
        #expect(run.transitions[0].alertID == "missing-boiler-0-missing")
        #expect(run.book.alerts.isEmpty)
    }

    @Test func `a device that is silent for days does not seem well for want of readings`() {
        var run = AlertRun(.absence)
        run.check(60, isMissing: true)
        for hour in 1...1_000 as ClosedRange<Int64> { run.tick(hour * 3_600) }
        #expect(run.states.allSatisfy { $0 == .firing })
        // Its clock is years behind.
        run.read(5, now: 4_000_000)
        run.tick(4_000_060)
        #expect(run.states.last == .resolved)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `a burst of noise is one alert`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var run = AlertRun()
        for second in 0..<120 as Range<Int64> {
            run.read(second, breach: Bool.random(using: &random) ? ["window-zscore"] : [])
        }
        run.read(120..<8_000)
        #expect(run.messages.map(\.cause) == [.fired, .cleared])
    }

    @Test(arguments: [1, 20, 200, 299, 400, 1_000, 1_700] as [Int64])
    func `a sensor that flaps, fast or slow, is at most three messages`(half: Int64) {
        var run = AlertRun()
        for second in stride(from: 0, to: max(7_200, half * 20), by: 1) as StrideTo<Int64> {
            run.read(second, breach: second / half % 2 == 0 ? ["threshold"] : [])
            if second % 10 == 0 { run.tick(second) }
        }
        let end = max(7_200, half * 20)
        run.read(end..<(end + 8_000))
        #expect(run.messages.count <= 3)
        #expect(run.messages.first?.cause == .fired)
        let isSlow = half > 300
        #expect(run.messages.map(\.cause) == (isSlow ? [.fired, .cleared, .flapping] : [.fired, .cleared]))
        #expect(run.states.last == .resolved)
        #expect(run.book.alerts.isEmpty)
    }

    @Test func `without a hold, a flapping alert is found out at its third change and held`() throws {
        var run = AlertRun(.condition.with { $0.keepFiringFor = .zero })
        for second in 0..<3_000 as Range<Int64> {
            run.read(second, breach: second / 10 % 2 == 0 ? ["threshold"] : [])
        }
        #expect(run.states == [.firing, .resolved, .firing])
        #expect(run.machine?.isFlapping == true)
        #expect(
            run.messages.last?.why
                == "too high; flapping: 3 changes within 1 h, and quiet until steady for 30 min")
        #expect(Set(run.transitions.map(\.alertID)).count == 1)
        run.read(3_000..<4_900)
        #expect(run.states.last == .resolved)
        #expect(run.transitions.last?.telling == .quiet(.limit))
        #expect(run.messages.count == 3)
    }

    @Test func `with one message more, the end of the flapping is told`() {
        var run = AlertRun(
            .condition.with {
                $0.keepFiringFor = .zero
                $0.messageLimit = 4
            })
        for second in 0..<3_000 as Range<Int64> {
            run.read(second, breach: second / 10 % 2 == 0 ? ["threshold"] : [])
        }
        run.read(3_000..<4_900)
        #expect(run.messages.map(\.cause) == [.fired, .cleared, .flapping, .cleared])
    }

    @Test func `what flapped and was steady for long is told of when it comes back`() {
        var run = AlertRun(.condition.with { $0.keepFiringFor = .zero })
        for second in [0, 10, 20] as [Int64] {
            run.read(second, breach: ["threshold"])
            run.read(second + 5)
        }
        run.read(20 + 1_800)
        #expect(run.states == [.firing, .resolved, .firing, .resolved])
        run.read(1_900, breach: ["threshold"])
        #expect(run.messages.count == 4)
        #expect(run.transitions.last?.from == nil)
    }

    @Test func `what flapped and is in breach all the time only fires`() {
        var run = AlertRun(.condition.with { $0.keepFiringFor = .zero })
        for second in [0, 10, 20] as [Int64] {
            run.read(second, breach: ["threshold"])
            run.read(second + 5)
        }
        run.read(30..<1_830, breach: ["threshold"])
        #expect(run.machine?.isFlapping == true)
        run.read(1_830, breach: ["threshold"])
        #expect(run.machine?.isFlapping == false)
        #expect(run.transitions.last?.cause == .steadied)
        #expect(run.transitions.last?.why == "steady for 30 min: no longer flapping")
        run.read(1_831)
        #expect(run.states.last == .resolved)
    }

    @Test func `a step change, which is one row of an event detector, is over by itself`() {
        var run = AlertRun(.event)
        run.read(0..<100)
        run.read(100, breach: ["tailsum"])
        run.read(101..<10_000)
        #expect(run.messages.map(\.cause) == [.fired, .cleared])
        #expect(run.transitions.map(\.at) == [Timestamp(seconds: 100), Timestamp(seconds: 700)])
    }

    @Test func `a step change that is learnt in thirty readings is one alert`() {
        var run = AlertRun()
        run.read(0..<30, breach: ["running-zscore"])
        run.read(30..<10_000)
        #expect(run.messages.map(\.cause) == [.fired, .cleared])
    }

    @Test func `an event is over though its series falls silent, at the same time`() throws {
        var run = AlertRun(.event)
        run.read(100, breach: ["tailsum"])
        for second in 101..<5_000 as Range<Int64> { run.tick(second) }
        #expect(run.messages.map(\.cause) == [.fired, .expired])
        #expect(run.messages[1].at == Timestamp(seconds: 700))
        #expect(run.messages[1].why == "no anomaly for 10 min, and no reading in the last 10 min of them")
        #expect(run.book.alerts.isEmpty)
    }

    @Test func `a condition is not over because its series falls silent, for a day`() {
        var run = AlertRun(.condition.with { $0.repeatInterval = nil })
        run.read(100, breach: ["threshold"])
        run.tick(100 + 86_399)
        #expect(run.states == [.firing])
        run.tick(100 + 86_400)
        #expect(run.states == [.firing, .resolved])
        #expect(run.transitions[1].why == "nothing was heard for 1 d: whether it is still so is not known")
    }
}
