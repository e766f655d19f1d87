import Model
import Testing

@testable import AnomalyDetector

struct AppliedBatchesTests {
    /// What `apply` says of each (sequence, producer).
    private func outcomes(_ batches: [(UInt64, UInt32)], _ applied: inout AppliedBatches) -> [Bool] {
        batches.map { applied.apply($0.0, of: $0.1) }
    }

    @Test func `each sequence of a producer is new once`() {
        var applied = AppliedBatches()
        let new = outcomes([(5, 0), (5, 0), (4, 0), (4, 1), (6, 0)], &applied)
        #expect(new == [true, false, false, true, true])
    }

    @Test func `the least recently used producer is forgotten first`() {
        var applied = AppliedBatches()
        _ = outcomes((0..<8).map { (1, $0) }, &applied)
        let new = outcomes([(2, 0), (1, 8), (2, 0), (1, 2), (1, 1)], &applied)
        #expect(new == [true, true, false, false, true])
    }

    @Test func `it is saved by name`() {
        var names = ProducerNames()
        var applied = AppliedBatches()
        _ = applied.apply(3, of: names.number(of: "x"))
        var others = ProducerNames()
        let other = others.number(of: "y")
        var restored = AppliedBatches(applied.saved(names), &others)
        let new = outcomes([(3, others.number(of: "x")), (1, other)], &restored)
        #expect(new == [false, true])
    }
}

struct OvertakenBatchTests {
    @Test func `a batch that others overtook is told from one that was learnt`() {
        var applied = AppliedBatches()
        for sequence in [1, 2, 4, 5] as [UInt64] {
            let isNew = applied.apply(sequence, of: 0)
            #expect(isNew)
        }
        let late = applied.apply(3, of: 0)
        #expect(!late)
        #expect(applied.wasOvertaken(3, of: 0))
        #expect(!applied.wasOvertaken(4, of: 0))
        // Nobody knows of what came before all that is remembered, or from somebody else.
        #expect(!applied.wasOvertaken(0, of: 0))
        #expect(!applied.wasOvertaken(3, of: 1))
    }

    @Test func `what does not come again is forgotten`() {
        var applied = AppliedBatches()
        for sequence in 1...10 { _ = applied.apply(UInt64(sequence * 2), of: 0, lowWater: UInt64(sequence)) }
        #expect(!applied.wasOvertaken(7, of: 0))
        #expect(applied.wasOvertaken(13, of: 0))
    }
}

struct FoundAnomaliesTests {
    private func entry(_ sequence: UInt64) -> FoundAnomalies.Entry {
        FoundAnomalies.Entry(
            producer: 0, sequence: sequence, position: 0,
            anomaly: Anomaly(
                row: 0, detector: "d", score: 1, threshold: 1, expectedLow: 0, expectedHigh: 1, why: "\(sequence)"))
    }

    @Test func `what is pushed out is known to be missing, also after a restart`() {
        var found = FoundAnomalies()
        for sequence in 1...70 { found.add(entry(UInt64(sequence))) }
        var names = ProducerNames()
        _ = names.number(of: "p")
        let restored = FoundAnomalies(found.saved(names), &names)
        for state in [found, restored] {
            #expect(state.entries.count == 64)
            #expect(state.hasForgotten(0, 6) && !state.hasForgotten(0, 7))
            #expect(state.anomalies(0, 70, position: 0).map(\.why) == ["70"])
        }
    }

    @Test func `what does not come again is pruned`() {
        var found = FoundAnomalies()
        for sequence in 1...70 { found.add(entry(UInt64(sequence))) }
        found.prune(0, below: 60)
        #expect(found.entries.map(\.sequence) == Array(60...70))
        #expect(!found.hasForgotten(0, 6))
    }
}
