import Model
import Testing
import Wire

@testable import AnomalyDetector

struct LearntBatchesTests {
    private func learnt(_ sequence: UInt64, of producer: String = "p") -> LearntBatches.Learnt {
        LearntBatches.Learnt(
            batch: ReadingBatch(identity: identity(sequence, of: producer)), at: Timestamp(microseconds: 1))
    }

    private func identity(_ sequence: UInt64, of producer: String = "p") -> BatchIdentity {
        BatchIdentity(producer: producer, sequence: sequence)
    }

    private func names(_ batches: [LearntBatches.Learnt]) -> [String] {
        batches.map { "\($0.batch.identity.producer)\($0.batch.identity.sequence)" }
    }

    @Test func `a batch is written after all that was learnt before it, whoever sent it`() {
        var learnt = LearntBatches()
        for (sequence, producer) in [(1, "p"), (7, "q"), (2, "p"), (8, "q")] as [(UInt64, String)] {
            learnt.append(self.learnt(sequence, of: producer))
        }
        #expect(names(learnt.take(upTo: identity(2))) == ["p1", "q7", "p2"])
        #expect(learnt.take(upTo: identity(1)).isEmpty)
        #expect(learnt.take(upTo: identity(7, of: "q")).isEmpty)
        #expect(names(learnt.take(upTo: identity(8, of: "q"))) == ["q8"])
    }

    @Test func `two parts of one batch are written before either is acknowledged`() {
        var learnt = LearntBatches()
        for sequence in [1, 2, 1] as [UInt64] { learnt.append(self.learnt(sequence)) }
        #expect(names(learnt.take(upTo: identity(1))) == ["p1", "p2", "p1"])
    }

    @Test func `one that was learnt by nobody here takes nothing with it`() {
        var learnt = LearntBatches()
        learnt.append(self.learnt(1))
        #expect(learnt.take(upTo: identity(9)).isEmpty)
        #expect(names(learnt.take(upTo: identity(1))) == ["p1"])
    }

    @Test func `what a checkpoint has saved is not written any more`() {
        var learnt = LearntBatches()
        for sequence in 1...3 as ClosedRange<UInt64> { learnt.append(self.learnt(sequence)) }
        let mark = learnt.end
        _ = learnt.take(upTo: identity(1))
        learnt.append(self.learnt(4))
        learnt.discard(before: mark)
        #expect(names(learnt.take(upTo: identity(4))) == ["p4"])
        learnt.discard(before: mark)
        #expect(learnt.end == 4)
    }
}

struct JournalExtentsTests {
    private let partition = Partition(rawValue: 3)

    @Test func `what a checkpoint has saved is taken off, and what came meanwhile stays`() {
        var extents = JournalExtents()
        extents.open(partition, JournalExtents.Extent(epoch: 1, entries: 2, bytes: 20))
        extents.wrote(10, to: partition, length: 3, epoch: 1)
        let before = extents[partition]
        extents.wrote(5, to: partition, length: 4, epoch: 1)
        extents.trimmed(partition, to: before ?? JournalExtents.Extent(epoch: 0))
        #expect(extents[partition] == JournalExtents.Extent(epoch: 1, entries: 1, bytes: 5))
        #expect(extents.bytes == 5)
    }

    @Test func `nothing is noted of a partition that is another's`() {
        var extents = JournalExtents()
        extents.open(partition, JournalExtents.Extent(epoch: 1, entries: 2, bytes: 20))
        extents.close(partition)
        extents.wrote(10, to: partition, length: 3, epoch: 1)
        extents.trimmed(partition, to: JournalExtents.Extent(epoch: 1, entries: 1, bytes: 1))
        #expect(extents[partition] == nil)
        #expect(extents.bytes == 0)
    }
}

struct JournalEntryTests {
    private var learnt: LearntBatches.Learnt {
        var batch = ReadingBatch.of(["a": [1, 2], "b": [3], "c": [4, 5, 6]], sequence: 9)
        batch.lowWater = 5
        batch.locations = [SparseText(row: 1, text: #"{"lat":1}"#)]
        batch.metadata = [SparseText(row: 2, text: "{}")]
        let partition = Partition(device: "d", of: .standard)
        batch.presence = [
            PresenceChange(
                position: 6, partition: partition, device: "d", status: "offline",
                at: Timestamp(microseconds: 7), attributes: nil)
        ]
        return LearntBatches.Learnt(batch: batch, at: Timestamp(microseconds: -12_345_678_901))
    }

    @Test func `what is written can be learnt again, a partition at a time`() throws {
        let learnt = learnt
        var values: [String: [Double]] = [:]
        for (partition, part) in learnt.byPartition {
            let again = try JournalEntry.decode(try JournalEntry.encode(part), of: partition, .standard)
            #expect(again == part)
            #expect(again.at == learnt.at && again.batch.identity == learnt.batch.identity)
            #expect(again.batch.lowWater == 5)
            for row in 0..<again.batch.count {
                values[again.batch.series(ofRow: row).device, default: []].append(again.batch.value[row])
            }
        }
        #expect(values == ["a": [1, 2], "b": [3], "c": [4, 5, 6]])
        #expect(learnt.byPartition.flatMap(\.1.batch.locations).map(\.text) == [#"{"lat":1}"#])
        #expect(learnt.byPartition.flatMap(\.1.batch.presence).map(\.device) == ["d"])
        #expect(learnt.byPartition.allSatisfy { $0.1.batch.metadata.isEmpty })
    }

    @Test func `an entry that is damaged, or another partition's, is refused`() throws {
        let (partition, part) = try #require(learnt.byPartition.first)
        let bytes = try JournalEntry.encode(part)
        let other = Partition(rawValue: (partition.rawValue + 1) % 32)
        #expect(throws: WireError.self) { try JournalEntry.decode(bytes, of: other, .standard) }
        for damaged in [[], [1], [2] + bytes.dropFirst(), bytes.dropLast(3)] as [[UInt8]] {
            #expect(throws: WireError.self) { try JournalEntry.decode(damaged, of: partition, .standard) }
        }
    }
}
