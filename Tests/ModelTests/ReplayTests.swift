import Testing

@testable import Model

struct ReplayTests {
    @Test func `what dead letters became is taken out, and the rest stays as it was`() {
        var batch = batch()
        batch.removeReplays(of: ["letter-1", "unknown"])
        #expect(batch.position == [0, 3])
        #expect(batch.value == [10, 13])
        #expect(batch.deadLetters.isEmpty)
        #expect(batch.replays.map(\.eventID) == ["letter-2"])
        #expect(batch.replay(ofPosition: 3) == "letter-2" && batch.replay(ofPosition: 0) == nil)
    }

    @Test func `a split batch takes its replays with it`() {
        let parts = batch().split(
            PartitionAssignment(parts: 2, of: .standard) { $0.rawValue == 1 ? 0 : $0.rawValue == 2 ? 1 : nil })
        #expect(parts[0].replays.map(\.eventID) == ["letter-1"] && parts[0].deadLetters.count == 1)
        #expect(parts[1].replays.map(\.eventID) == ["letter-2"] && parts[1].position == [3])
    }

    /// Position 0 is an ordinary reading, 1 and 2 come of one letter (one dead again), 3 of another.
    private func batch() -> ReadingBatch {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        batch.series = [1, 2].map {
            Series(device: "d\($0)", sensor: "s", unit: "", partition: Partition(rawValue: $0))
        }
        for (position, series) in [(0, 0), (1, 0), (3, 1)] {
            batch.appendReading(
                seriesIndex: UInt32(series), timestamp: 0, value: Double(10 + position), receivedAt: 0,
                position: UInt32(position))
        }
        batch.deadLetters = [
            DeadLetter(
                position: 2, partition: Partition(rawValue: 1), topic: "sensors/d1/s", payload: [],
                reason: .missingValue, detail: "", stage: "mqtt-ingest", receivedAt: Timestamp(microseconds: 0))
        ]
        batch.replays = [
            Replay(eventID: "letter-1", partition: Partition(rawValue: 1), firstPosition: 1, count: 2),
            Replay(eventID: "letter-2", partition: Partition(rawValue: 2), firstPosition: 3, count: 1),
        ]
        return batch
    }
}
