import Model
import Testing

@Suite struct SplittingTests {
    @Test(arguments: [0, 1, 2, 17, 1_000])
    func `parts together hold each row once with all that belongs to it`(rows: Int) {
        let batch = fullBatch(rows: rows)
        let assignment = PartitionAssignment(parts: 4, of: .standard) { Int($0.rawValue % 4) }
        let parts = batch.split(assignment)
        #expect(parts.count == 4)
        let together = parts.flatMap(\.wholeRows).sorted { $0.position < $1.position }
        #expect(together == batch.wholeRows)
        for part in parts {
            #expect(part.identity == batch.identity)
            #expect(part.lowWater == 3)
            #expect(part.pipelineVersion == "1.0")
            #expect(part.processedAt == batch.processedAt)
            #expect(part.position == part.position.sorted())
        }
    }

    @Test func `a part holds only its own series, dead letters and presence`() {
        var batch = fullBatch(rows: 9)
        let partitions = batch.series.map(\.partition)
        batch.deadLetters = partitions.map { batch.letter(in: $0) }
        batch.presence = partitions.map {
            PresenceChange(
                position: 90, partition: $0, device: "d", status: "online", at: Timestamp(seconds: 1), attributes: nil)
        }
        let part = batch.part(of: [partitions[1]])
        #expect(part.series == [batch.series[1]])
        #expect(part.count == 3)
        #expect(part.deadLetters == [batch.deadLetters[1]])
        #expect(part.presence == [batch.presence[1]])
        #expect(batch.partitions == partitions.sorted())
        #expect(part.partitions == [partitions[1]])
    }

    @Test func `partitions assigned nowhere are left out`() {
        let batch = fullBatch(rows: 30)
        let mine = batch.series[2].partition
        let parts = batch.split(PartitionAssignment(parts: 1, of: .standard) { $0 == mine ? nil : 0 })
        #expect(parts[0].wholeRows == batch.wholeRows.filter { $0.device != "device-2" })
    }

    @Test func `columns that hold the default stay empty in the parts`() {
        var batch = fullBatch(rows: 30)
        batch.quality = []
        let parts = batch.split(PartitionAssignment(parts: 2, of: .standard) { Int($0.rawValue % 2) })
        #expect(parts.allSatisfy { $0.quality.isEmpty && $0.anomalyScore.isEmpty })
    }
}

extension ReadingBatch {
    func letter(in partition: Partition) -> DeadLetter {
        DeadLetter(
            position: 80, partition: partition, topic: "t", payload: [1], reason: .invalidJSON, detail: "d", stage: "s",
            receivedAt: Timestamp(seconds: 1))
    }
}
