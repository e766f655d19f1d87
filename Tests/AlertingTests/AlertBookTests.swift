import Model
import Testing

@testable import Alerting

struct AlertBookTests {
    private func batch(_ sequence: UInt64 = 1, series: Int = 3, rounds: Int = 2) -> ReadingBatch {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: sequence))
        for index in 0..<series {
            batch.series.append(
                Series(device: "d\(index)", sensor: "s", unit: "", partition: Partition(rawValue: 0)))
        }
        for row in 0..<(series * rounds) {
            batch.appendReading(
                seriesIndex: UInt32(row % series), timestamp: Int64(row) * 1_000_000, value: 1, receivedAt: 0,
                position: UInt32(row))
        }
        return batch
    }

    private let now = Timestamp(seconds: 10)

    @Test func `each anomaly of a batch goes to the series of its row`() {
        var book = AlertBook()
        var transitions: [AlertTransition] = []
        let found = [AlertRun.anomaly("a", row: 1), AlertRun.anomaly("b", row: 1), AlertRun.anomaly("a", row: 5)]
        book.take(found, of: batch(), slots: [4, 9, 0], now: now, into: &transitions)
        #expect(transitions.map(\.fingerprint.description) == ["d1/s a", "d1/s b", "d2/s a"])
        #expect(transitions.map(\.alertID) == ["p-1-1-a", "p-1-1-b", "p-1-5-a"])
        #expect((0..<12).filter { book.isWatched(slot: $0) } == [0, 9])
        #expect(!book.isWatched(slot: -1))
    }

    @Test func `an alert of a detector that has not judged stays as it is, and another's ends`() {
        var run = AlertRun()
        run.read(0, breach: ["a", "b"])
        for second in stride(from: 10, through: 1_000, by: 10) { run.read(Int64(second), unjudged: ["a"]) }
        func ended() -> [String] { run.transitions.filter { $0.to == .resolved }.map(\.fingerprint.detector) }
        #expect(ended() == ["b"])
        // It judges again, and finds nothing.
        for second in stride(from: 1_010, through: 2_000, by: 10) { run.read(Int64(second)) }
        #expect(ended() == ["b", "a"])
    }

    @Test func `a batch that comes again to series that had it does nothing`() {
        var book = AlertBook()
        var transitions: [AlertTransition] = []
        let found = [AlertRun.anomaly("a", row: 0), AlertRun.anomaly("a", row: 1)]
        book.take(found, of: batch(), slots: [0, -1, 2], now: now, into: &transitions)
        #expect(transitions.map(\.alertID) == ["p-1-0-a"])
    }

    @Test func `a batch that comes again to an owner that never had it brings about the same`() {
        var (first, second) = ([AlertTransition](), [AlertTransition]())
        let found = [AlertRun.anomaly("a", row: 0), AlertRun.anomaly("a", row: 1)]
        var book = AlertBook()
        book.take(found, of: batch(), slots: [0, 1, 2], now: now, into: &first)
        book = AlertBook()
        book.take(found, of: batch(), slots: [7, 8, 9], now: now, into: &second)
        #expect(first == second)
    }

    @Test func `a slot that is forgotten is another series' next`() {
        var book = AlertBook()
        var transitions: [AlertTransition] = []
        book.take([AlertRun.anomaly("a", row: 0)], of: batch(), slots: [0, 1, 2], now: now, into: &transitions)
        book.reset(slot: 0)
        book.reset(slot: 77)
        #expect(book.alerts.isEmpty)
        book.take([AlertRun.anomaly("a", row: 1)], of: batch(), slots: [5, 0, 2], now: now, into: &transitions)
        #expect(book.alerts.map(\.fingerprint.device) == ["d1"])
    }

    @Test func `series give up their places in any order`() {
        var book = AlertBook(otherwise: .condition.with { $0.flapping = nil })
        var transitions: [AlertTransition] = []
        let slots = (0..<50).map(Int32.init)
        let found = (0..<50).map { AlertRun.anomaly("a", row: UInt32($0)) }
        book.take(found, of: batch(series: 50), slots: slots, now: now, into: &transitions)
        var random = SplitMix64(seed: 4)
        for slot in slots.shuffled(using: &random) {
            #expect(book.unsettled(slot: slot).map(\.fingerprint.device) == ["d\(slot)"])
            book.reset(slot: slot)
            #expect(!book.isWatched(slot: slot))
        }
        #expect(book.open.isEmpty)
    }

    @Test func `a policy that changes holds for what is open`() {
        var run = AlertRun()
        run.read(0, breach: ["threshold"])
        var policy = AlertPolicy.condition
        policy.severity = .critical
        policy.keepFiringFor = .seconds(10)
        run.book.policies["threshold"] = policy
        run.read(10)
        #expect(run.transitions.map(\.severity) == [.warning, .critical])
        #expect(run.states == [.firing, .resolved])
    }

    @Test func `what a look at the clock finds is no reading to other detectors`() {
        var run = AlertRun(.condition.with { $0.keepFiringFor = .zero })
        run.book.policies["missing"] = .absence
        run.read(0, breach: ["threshold"])
        run.check(100, isMissing: true)
        run.check(300, isMissing: false)
        #expect(run.transitions.count == 2, "one reading out of a silence is not yet its end")
        run.check(360, isMissing: false)
        #expect(run.transitions.map(\.fingerprint.detector) == ["threshold", "missing", "missing"])
        run.check(361, isMissing: false, of: SensorName(device: "pump", sensor: "s"))
        #expect(run.transitions.count == 3)
    }
}
