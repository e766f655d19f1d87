import IOLoop
import Model
import Pipes
import Testing
import Wire

/// Real sockets.
@IOThread
struct PipeTests {
    @Test func `a batch goes down and its ack comes back`() async throws {
        let pipe = try openPipe()
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint])
        let outcomes = Outcomes()
        outcomes.send(batch(1, partitions: [3, 4]), on: pipe)
        #expect(await eventually { outcomes.acknowledged == [1] })
        var expected = batch(1, partitions: [3, 4])
        expected.route = ["upstream-1"]
        #expect(worker.deliveries.map(\.batch) == [expected])
        #expect(pipe.counters.acknowledgedReadings == 2)
        #expect(pipe.counters.inFlightReadings == 0)
        #expect(worker.counters.acknowledgedReadings == 2)
        pipe.close()
        worker.die()
    }

    @Test func `a link tells how long its oldest batch is open, and what may still come`() async throws {
        let pipe = try openPipe()
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint], acks: false, credit: 100)
        let outcomes = Outcomes()
        for sequence: UInt64 in 1...2 { outcomes.send(batch(sequence, partitions: [3, 4]), on: pipe) }
        #expect(await eventually { worker.deliveries.count == 2 })
        #expect(await eventually { worker.counters.oldestOpen > .milliseconds(300) })
        #expect(worker.links.map(\.counters.credit) == [96])
        outcomes.send(batch(3, partitions: [3]), on: pipe)
        #expect(await eventually { worker.deliveries.count == 3 })
        let ageOfFirst = worker.counters.oldestOpen
        for delivery in worker.deliveries.prefix(2) { delivery.ack() }
        #expect(worker.counters.oldestOpen > .zero)
        #expect(worker.counters.oldestOpen < ageOfFirst)
        worker.deliveries.last?.ack()
        #expect(worker.counters.oldestOpen == .zero)
        #expect(worker.counters.credit == 100)
        #expect(await eventually { outcomes.acknowledged == [1, 2, 3] })
        pipe.close()
        worker.die()
    }

    @Test func `two workers share the partitions and each sees its own in order`() async throws {
        let pipe = try openPipe()
        let first = RecordingWorker("worker-1", on: [pipe.endpoint])
        let second = RecordingWorker("worker-2", on: [pipe.endpoint])
        #expect(await eventually { pipe.counters.workers == 2 })
        let outcomes = Outcomes()
        for sequence in 1...20 { outcomes.send(batch(UInt64(sequence), partitions: allPartitions), on: pipe) }
        #expect(await eventually { outcomes.acknowledged.count == 20 })
        let firstOwns = Set(first.seen.map(\.partition))
        let secondOwns = Set(second.seen.map(\.partition))
        #expect(firstOwns.isDisjoint(with: secondOwns))
        #expect(firstOwns.count + secondOwns.count == 32)
        #expect(!firstOwns.isEmpty && !secondOwns.isEmpty)
        for worker in [first, second] {
            for partition in Set(worker.seen.map(\.partition)) {
                let sequences = worker.seen.filter { $0.partition == partition }.map(\.sequence)
                #expect(sequences == Array(1...20))
            }
        }
        first.die()
        second.die()
        pipe.close()
    }

    @Test func `what a killed worker had not acked goes to the other one`() async throws {
        let pipe = try openPipe()
        let victim = RecordingWorker("worker-1", on: [pipe.endpoint], acks: false)
        let heir = RecordingWorker("worker-2", on: [pipe.endpoint])
        #expect(await eventually { pipe.counters.workers == 2 })
        let outcomes = Outcomes()
        for sequence in 1...10 { outcomes.send(batch(UInt64(sequence), partitions: allPartitions), on: pipe) }
        #expect(await eventually { victim.deliveries.count == 10 && heir.deliveries.count == 10 })
        #expect(outcomes.acknowledged.isEmpty)
        let lost = Set(victim.seen)
        victim.die()
        #expect(await eventually { outcomes.acknowledged.count == 10 })
        let redelivered = heir.deliveries.filter(\.redelivered)
        #expect(redelivered.map(\.batch.identity.sequence) == Array(1...10))
        #expect(Set(heir.seen).isSuperset(of: lost))
        #expect(heir.seen.count == 320)
        #expect(pipe.counters.redeliveredReadings == lost.count)
        heir.die()
        pipe.close()
    }

    @Test func `a worker gets no more than its credit until it acks`() async throws {
        let pipe = try openPipe(queueLimit: 5)
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint], acks: false, credit: 3)
        #expect(await eventually { pipe.canAccept })
        var turnedReady = 0
        pipe.onReady = { turnedReady += 1 }
        let outcomes = Outcomes()
        for sequence in 1...10 { outcomes.send(batch(UInt64(sequence), partitions: [7]), on: pipe) }
        #expect(!pipe.canAccept)
        #expect(await eventually { worker.deliveries.count == 3 })
        #expect(pipe.counters.queuedReadings == 7)
        worker.ackAll()
        #expect(await eventually { outcomes.acknowledged == Array(1...10) })
        #expect(turnedReady == 1)
        #expect(pipe.canAccept)
        worker.die()
        pipe.close()
    }

    @Test func `a sender that only follows onReady gets everything through`() async throws {
        let pipe = try openPipe(queueLimit: 5)
        let outcomes = Outcomes()
        var next: UInt64 = 1
        let pump: @IOThread () -> Void = {
            while pipe.canAccept, next <= 60 {
                outcomes.send(batch(next, partitions: [7]), on: pipe)
                next += 1
            }
        }
        pipe.onReady = pump
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint], credit: 3)
        #expect(await eventually { outcomes.acknowledged == Array(1...60) })
        pipe.onReady = nil
        worker.die()
        pipe.close()
    }

    @Test func `batches that wait for the first worker all arrive`() async throws {
        let pipe = try openPipe()
        let outcomes = Outcomes()
        for sequence in 1...5 { outcomes.send(batch(UInt64(sequence), partitions: [1]), on: pipe) }
        #expect(!pipe.canAccept)
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint])
        #expect(await pipe.drain(within: .seconds(60)))
        #expect(outcomes.acknowledged == Array(1...5))
        worker.die()
        pipe.close()
    }

    @Test func `a draining worker finishes what it has and its partitions move`() async throws {
        let pipe = try openPipe()
        let leaving = RecordingWorker("worker-1", on: [pipe.endpoint], acks: false)
        #expect(await eventually { pipe.counters.workers == 1 })
        let outcomes = Outcomes()
        outcomes.send(batch(1, partitions: allPartitions), on: pipe)
        #expect(await eventually { leaving.deliveries.count == 1 })
        let heir = RecordingWorker("worker-2", on: [pipe.endpoint])
        let drained = Task { await leaving.drain() }
        #expect(await eventually { pipe.workers.contains(where: \.isDraining) && pipe.workers.count == 2 })
        outcomes.send(batch(2, partitions: allPartitions), on: pipe)
        #expect(heir.deliveries.isEmpty)
        leaving.ackAll()
        #expect(await drained.value)
        #expect(await eventually { outcomes.acknowledged == [1, 2] })
        #expect(leaving.deliveries.count == 1)
        #expect(heir.deliveries.allSatisfy { !$0.redelivered })
        heir.die()
        leaving.die()
        pipe.close()
    }

    @Test func `bytes out of a spool pass through with a newer low water`() async throws {
        let pipe = try openPipe()
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint])
        let spooled = batch(9, partitions: [1, 2])
        let outgoing = OutgoingBatch(
            identity: spooled.identity, lowWater: 8, partitions: spooled.partitions, items: spooled.count,
            encoded: try BatchCodec.encode(spooled))
        let outcomes = Outcomes()
        pipe.send(outgoing) { outcomes.record($0, 9) }
        #expect(await eventually { outcomes.acknowledged == [9] })
        var expected = spooled
        (expected.lowWater, expected.route) = (8, ["upstream-1"])
        #expect(worker.deliveries.map(\.batch) == [expected])
        worker.die()
        pipe.close()
    }

    @Test func `an offer goes to one worker as a whole with its token or to nobody`() async throws {
        let pipe = try openPipe(assignment: .anyWorker)
        let outcomes = Outcomes()
        var whole = batch(1, partitions: allPartitions)
        #expect(!pipe.offer(OutgoingBatch(whole), token: 5) { outcomes.record($0, 1) })
        let first = RecordingWorker("worker-1", on: [pipe.endpoint])
        let second = RecordingWorker("worker-2", on: [pipe.endpoint])
        #expect(await eventually { pipe.counters.workers == 2 })
        #expect(pipe.offer(OutgoingBatch(whole), token: 6) { outcomes.record($0, 2) })
        #expect(await eventually { outcomes.acknowledged == [2] })
        let deliveries = first.deliveries + second.deliveries
        #expect(deliveries.map(\.token) == [6])
        whole.route = ["upstream-1"]
        #expect(deliveries.map(\.batch) == [whole])
        #expect(pipe.counters.skippedBatches == 1)
        first.die()
        second.die()
        pipe.close()
    }
}
