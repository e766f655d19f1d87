import Model
import Testing

@testable import Alerting

struct AlertCheckpointTests {
    /// All that can happen: pending, flapping, silences, an inhibition, an acknowledgement, silence of the series.
    private static let script: [@Sendable (inout AlertRun) throws -> Void] = {
        let sensor = AlertRun.series
        let device = SensorName(device: "boiler", sensor: "")
        let (pump, door) = (SensorName(device: "pump", sensor: "flow"), SensorName(device: "door", sensor: "angle"))
        var steps: [@Sendable (inout AlertRun) throws -> Void] = []
        for second in 0..<40 as Range<Int64> {
            let isBreach = second / 5 % 2 == 1
            steps.append { $0.read(second, breach: isBreach ? ["threshold"] : []) }
            if second % 3 == 0 { steps.append { $0.tick(second) } }
            if second == 17 { steps.append { $0.acknowledge(17) } }
            if second % 11 == 4 { steps.append { $0.read(second, breach: ["tailsum"], of: sensor) } }
            if second == 20 { steps.append { $0.check(20, isMissing: true, of: device) } }
            if second == 30 { steps.append { $0.check(30, isMissing: false, of: device) } }
            // Fires all the time, and is told again; comes and goes, and then stays.
            steps.append { $0.read(second, breach: ["flat-line"], of: pump) }
            steps.append { $0.read(second, breach: [1, 3].contains(second) ? [] : ["steady"], of: door) }
            if second == 25 { steps.append { $0.read(3, breach: ["threshold"], now: 25) } }
        }
        for second in 40..<120 as Range<Int64> { steps.append { $0.tick(second) } }
        return steps
    }()

    private static func run() throws -> AlertRun {
        var run = AlertRun(
            .condition.with {
                $0.pendingFor = .seconds(1)
                $0.keepFiringFor = .seconds(2)
                $0.repeatInterval = .seconds(9)
                $0.messageLimit = 5
                $0.flapping?.changes = 4
                $0.flapping?.window = .seconds(60)
                $0.flapping?.steadyFor = .seconds(20)
            })
        run.book.policies["tailsum"] = .event.with { $0.keepFiringFor = .seconds(30) }
        run.book.policies["missing"] = .absence.with { $0.keepFiringFor = .zero }
        run.book.policies["steady"] = run.book.otherwise.with {
            $0.keepFiringFor = .zero
            $0.pendingFor = .zero
        }
        run.book.inhibitions = [try .offline()]
        run.book.silences = [
            try Silence(
                id: "s", matchers: [AlertMatcher("detector=threshold")], owner: "ada", reason: "test",
                starts: Timestamp(seconds: 12), expires: Timestamp(seconds: 16))
        ]
        return run
    }

    /// When it was last heard of a series, which is when it is saved.
    private static func clock(of run: AlertRun) -> Int64 {
        run.book.alerts.map(\.heardAt).max().map { $0 / 1_000_000 } ?? 0
    }

    @Test func `the script has every cause but that of a cold start`() throws {
        var run = try Self.run()
        for step in Self.script { try step(&run) }
        let causes = Set(run.transitions.map(\.cause))
        #expect(Set(AlertCause.allCases).subtracting(causes) == [.superseded])
        #expect(run.transitions.contains { $0.suppressedBy != nil })
    }

    @Test func `killed at any moment and back, it says and does the same`() throws {
        var whole = try Self.run()
        for step in Self.script { try step(&whole) }
        for cut in Self.script.indices {
            var run = try Self.run()
            for step in Self.script[..<cut] { try step(&run) }
            try run.restart(Self.clock(of: run))
            for step in Self.script[cut...] { try step(&run) }
            #expect(run.lives == whole.lives, "killed before step \(cut)")
        }
    }

    @Test func `killed at every moment, too`() throws {
        var whole = try Self.run()
        var run = try Self.run()
        for index in Self.script.indices {
            try Self.script[index](&whole)
            try Self.script[index](&run)
            try run.restart(Self.clock(of: run))
        }
        #expect(run.lives == whole.lives)
        #expect(Set(run.book.alerts) == Set(whole.book.alerts))
    }

    @Test func `what is not settled survives, and what is settled is gone`() throws {
        var run = AlertRun()
        run.read(0, breach: ["threshold"])
        run.read(300)
        try run.restart(300)
        let unsettled = run.book.unsettled(slot: 0)
        #expect(unsettled == run.transitions)
        run.book.settle([unsettled[0].id], slot: 0)
        try run.restart(300)
        #expect(run.book.unsettled(slot: 0) == [unsettled[1]])
        run.read(5_000)
        #expect(run.book.alerts.isEmpty && run.book.unsettled(slot: 0).count == 1)
        run.book.settle([unsettled[1].id], slot: 0)
        #expect(run.book.exportState(slot: 0, now: Timestamp(seconds: 0)).isEmpty)
        #expect(!run.book.isWatched(slot: 0))
    }

    @Test func `a saved alert takes the place of one that began before it was found`() throws {
        var old = AlertRun()
        old.read(0, breach: ["threshold"])
        let state = old.book.exportState(slot: 0, now: Timestamp(seconds: 1))
        var run = AlertRun()
        run.read(5, breach: ["tailsum"])
        run.read(6, breach: ["threshold", "tailsum"])
        var transitions: [AlertTransition] = []
        try run.book.importState(state, slot: 0, AlertRun.series, now: Timestamp(seconds: 7), into: &transitions)
        #expect(transitions.map(\.cause) == [.superseded])
        #expect(transitions[0].alertID == "p-2-7-threshold" && transitions[0].to == .resolved && !transitions[0].isTold)
        #expect(transitions[0].why == "the saved state has alert p-1-7-threshold of the same detector, which goes on")
        #expect(Set(run.book.alerts.map(\.alertID)) == ["p-1-7-tailsum", "p-1-7-threshold"])
        #expect(run.book.unsettled(slot: 0).count == 4)
    }

    /// A checkpoint of everything at its fullest.
    private static func fullState() throws -> [UInt8] {
        var run = try Self.run()
        for step in Self.script[..<100] { try step(&run) }
        let slot = run.slot()
        return run.book.exportState(slot: slot, now: Timestamp(seconds: 40))
    }

    private func take(_ state: [UInt8]) throws -> AlertBook {
        var book = AlertBook()
        var transitions: [AlertTransition] = []
        do throws(UnreadableAlerts) {
            try book.importState(state, slot: 3, AlertRun.series, now: Timestamp(seconds: 9), into: &transitions)
        } catch {
            #expect(book.alerts.isEmpty && !book.isWatched(slot: 3))
            throw error
        }
        return book
    }

    @Test func `a state that is cut off anywhere is refused, and changes nothing`() throws {
        let state = try Self.fullState()
        #expect(try take(state).alerts.count == 2)
        for count in 1..<state.count {
            #expect(throws: UnreadableAlerts.self) { try take(Array(state.prefix(count))) }
        }
        #expect(throws: UnreadableAlerts.self) { try take(state + [0]) }
        #expect(try take([]).alerts.isEmpty)
    }

    @Test func `a state of another version is refused with a sentence`() {
        let error = #expect(throws: UnreadableAlerts.self) { try take([9, 0, 0, 0, 0, 0, 0, 0, 0]) }
        #expect(error?.description == "cannot read a state of alerts: it is of version 9")
        #expect(throws: UnreadableAlerts.self) { try take([1, 255, 255, 255, 255, 0, 0, 0, 0]) }
    }

    @Test func `a state with any byte changed is refused or lived with`() throws {
        let state = try Self.fullState()
        var lived = 0
        for index in state.indices {
            for change in [1, 0x80, 0xff] as [UInt8] {
                var damaged = state
                damaged[index] ^= change
                guard var book = try? take(damaged) else { continue }
                lived += 1
                var transitions: [AlertTransition] = []
                for second in [9, 10, 5_000, 100_000] as [Int64] {
                    let now = Timestamp(seconds: second)
                    book.take(
                        AlertRun.anomaly("tailsum"), of: "tailsum", AlertRun.series, slot: 3, eventID: "e", now: now,
                        into: &transitions)
                    book.tick(now, into: &transitions)
                }
                _ = book.exportState(slot: 3, now: Timestamp(seconds: 9))
            }
        }
        #expect(lived > 0)
    }

    @Test func `an alert costs 300 bytes or so`() {
        var run = AlertRun()
        run.read(0, breach: ["threshold"])
        let unsettled = run.book.exportState(slot: 0, now: Timestamp(seconds: 0)).count
        run.book.settle(Set(run.transitions.map(\.id)), slot: 0)
        let settled = run.book.exportState(slot: 0, now: Timestamp(seconds: 0)).count
        #expect((80...300).contains(settled))
        #expect((100...250).contains(unsettled - settled))
    }
}
