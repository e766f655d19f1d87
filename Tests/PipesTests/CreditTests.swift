import IOLoop
import Model
import Pipes
import Testing
import Wire

/// Credit bounds the memory of what waits downstream, so large things cost more of it.
@IOThread
struct CreditTests {
    private func letters(_ sequence: UInt64, bytes: Int) -> ReadingBatch {
        var batch = batch(sequence, partitions: [1])
        batch.deadLetters.append(
            DeadLetter(
                position: 1, partition: Partition(rawValue: 1), topic: "sensors/a/b",
                payload: [UInt8](repeating: 65, count: bytes), reason: .invalidJSON, detail: "", stage: "test",
                receivedAt: Timestamp(seconds: 1)))
        return batch
    }

    @Test func `a plain batch costs one for each reading`() {
        let plain = batch(1, partitions: allPartitions)
        #expect(plain.weight == 32)
        #expect(ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1)).weight == 1)
    }

    @Test func `a large payload costs as many readings as it is large, decoded or encoded`() throws {
        let large = letters(1, bytes: 256 << 10)
        #expect(large.weight >= 1_024 && large.weight < 1_100)
        let encoded = OutgoingBatch(
            identity: large.identity, lowWater: 1, partitions: large.partitions, items: 2,
            encoded: try BatchCodec.encode(large))
        let weight = encoded.weight(of: Set(large.partitions))
        #expect(weight >= 1_024 && weight < 1_100)
    }

    @Test func `a worker that acks nothing is sent no more bytes than its credit stands for`() async throws {
        let pipe = try openPipe()
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint], acks: false, credit: 2_000)
        #expect(await eventually { pipe.canAccept })
        let outcomes = Outcomes()
        for sequence in 1...10 { outcomes.send(letters(UInt64(sequence), bytes: 256 << 10), on: pipe) }
        // The second overdraws the credit, once; the third must wait.
        #expect(await eventually { worker.deliveries.count == 2 })
        #expect(pipe.counters.inFlightReadings < 2_300)
        #expect(pipe.counters.queuedReadings >= 8 * 1_024)
        worker.ackAll()
        #expect(await eventually { outcomes.acknowledged.count == 10 })
        worker.die()
        pipe.close()
    }
}
