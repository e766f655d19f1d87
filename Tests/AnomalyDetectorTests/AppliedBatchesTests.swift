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
