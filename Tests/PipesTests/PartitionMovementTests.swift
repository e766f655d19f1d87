import Model
import Pipes
import Testing
import Wire

/// Who has which partition, and when it moves.
struct PartitionMovementTests {
    private func owners(_ bench: UpstreamBench) -> [UInt16: String] {
        var owners: [UInt16: String] = [:]
        for worker in bench.machine.workerStatus {
            for partition in worker.partitions { owners[partition.rawValue] = worker.instance }
        }
        return owners
    }

    @Test func `every partition has one owner and all workers have some`() {
        var bench = UpstreamBench()
        for peer in 1...4 { bench.hello(UInt8(peer)) }
        let owners = owners(bench)
        #expect(owners.count == 32)
        #expect(Set(owners.values).count == 4)
    }

    @Test(arguments: 1...16)
    func `no worker has more than its even share`(workers: Int) {
        var bench = UpstreamBench()
        for peer in 1...workers { bench.hello(UInt8(peer)) }
        let shares = Dictionary(grouping: owners(bench).values) { $0 }.mapValues(\.count)
        #expect(shares.values.reduce(0, +) == 32)
        #expect(shares.values.allSatisfy { $0 <= (32 + workers - 1) / workers })
    }

    /// At least 8 of 32 must move to a fourth worker.
    @Test func `a new worker takes its share from others and moves few between them`() {
        var bench = UpstreamBench()
        for peer in 1...3 { bench.hello(UInt8(peer)) }
        let before = owners(bench)
        bench.hello(4)
        let after = owners(bench)
        #expect(after.values.count { $0 == "worker-4" } == 8)
        #expect(after.count { before[$0.key] != $0.value } <= 12)
        bench.unreachable(4)
        #expect(owners(bench) == before)
    }

    @Test func `assignment depends on names and not on the order of arrival`() {
        var one = UpstreamBench()
        var other = UpstreamBench()
        for peer in [1, 2, 3] { one.hello(UInt8(peer)) }
        for peer in [3, 1, 2] { other.hello(UInt8(peer)) }
        #expect(owners(one) == owners(other))
    }

    @Test func `a moving partition waits until its old owner has acked`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1, allPartitions)
        let first = bench.takeBatches()[0]
        bench.hello(2)
        bench.send(2, allPartitions)
        let kept = bench.takeBatches()
        #expect(kept.map(\.peer) == [1])
        #expect(kept[0].partitions.count < 32)
        bench.ack(first)
        let moved = bench.takeBatches()
        #expect(moved.map(\.peer) == [2])
        #expect(moved[0].partitions == Set(allPartitions).subtracting(kept[0].partitions))
        #expect(!moved[0].header.redelivered)
    }

    @Test func `a later batch does not overtake one that waits for the same partition`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1, allPartitions)
        let first = bench.takeBatches()[0]
        bench.hello(2)
        for sequence in 2...4 { bench.send(UInt64(sequence), allPartitions) }
        bench.takeBatches().forEach { bench.ack($0) }
        bench.ack(first)
        #expect(bench.takeBatches().filter { $0.peer == 2 }.map(\.sequence) == [2, 3, 4])
    }

    @Test func `a draining worker gets nothing new and is dismissed when it has acked`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1)
        let first = bench.takeBatches()[0]
        bench.say(.goodbye(.init(.draining)), from: 1)
        bench.send(2)
        #expect(bench.takeBatches().isEmpty)
        bench.hello(2)
        #expect(bench.takeBatches().isEmpty)
        bench.ack(first)
        #expect(bench.frames.last?.saysGoodbye(.draining) == true)
        #expect(bench.takeBatches().map(\.peer) == [2])
        #expect(bench.machine.workerStatus.map(\.instance) == ["worker-2"])
    }

    @Test func `a draining worker that dies is no loss`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1)
        bench.say(.goodbye(.init(.draining)), from: 1)
        bench.hello(2)
        bench.pass(.seconds(3), heardFrom: [2])
        #expect(bench.takeBatches().map(\.peer) == [1, 2])
    }
}

/// Refusals, offers and the end.
struct UpstreamOutcomeTests {
    @Test func `a retry waits its time and holds back only its own partitions`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1, [3])
        let sent = bench.takeBatches()[0]
        let refusal = Refusal.retry(after: .seconds(2), reason: "no store")
        bench.say(.nack(deliveries: [sent.header.delivery], refusal), from: 1)
        bench.send(2, [3])
        bench.send(3, [4])
        #expect(bench.takeBatches().map(\.sequence) == [3])
        bench.pass(.milliseconds(1_750), heardFrom: [1])
        #expect(bench.takeBatches().isEmpty)
        bench.pass(.milliseconds(250), heardFrom: [1])
        #expect(bench.takeBatches().map(\.sequence) == [1, 2])
    }

    @Test func `a refusal is told when the other parts are done`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.hello(2)
        bench.send(1, allPartitions)
        let sent = bench.takeBatches()
        bench.say(.nack(deliveries: [sent[0].header.delivery], .refused(reason: "no")), from: sent[0].peer)
        #expect(bench.outcomes.isEmpty)
        bench.ack(sent[1])
        #expect(bench.outcomes == [.refused(reason: "no")])
    }

    @Test func `an empty batch is done at once`() {
        var bench = UpstreamBench()
        bench.send(1, [])
        #expect(bench.outcomes == [.acknowledged])
    }

    @Test func `an offer needs a worker with credit and is not sent twice`() {
        var bench = UpstreamBench(.anyWorker)
        let withoutWorker = bench.offer(1)
        bench.hello(1, credit: 1)
        let withCredit = bench.offer(2, token: 8)
        let withoutCredit = bench.offer(3)
        #expect([withoutWorker, withCredit, withoutCredit] == [false, true, false])
        #expect(bench.takeBatches().map(\.header.token) == [8])
        bench.unreachable(1)
        #expect(bench.settled == [2])
        #expect(bench.outcomes == [.abandoned])
        bench.hello(2)
        #expect(bench.takeBatches().isEmpty)
    }

    @Test func `offers go to the worker with the most credit`() {
        var bench = UpstreamBench(.anyWorker)
        bench.hello(1, credit: 2)
        bench.hello(2, credit: 5)
        let taken = (1...8).map { bench.offer(UInt64($0)) }
        #expect(taken == Array(repeating: true, count: 7) + [false])
        #expect(bench.takeBatches().count { $0.peer == 2 } == 5)
    }

    @Test func `closing says GOODBYE and abandons what is open`() {
        var bench = UpstreamBench()
        bench.hello(1, credit: 1)
        bench.send(1)
        bench.send(2)
        bench.close()
        #expect(bench.frames.last?.saysGoodbye(.draining) == true)
        #expect(bench.settled == [1, 2])
        #expect(bench.outcomes == [.abandoned, .abandoned])
        #expect(bench.machine.isIdle)
    }

    @Test func `the queue's limit turns canAccept off and on`() {
        var bench = UpstreamBench(queueLimit: 2)
        bench.hello(1, credit: 1)
        for sequence in 1...3 { bench.send(UInt64(sequence)) }
        #expect(!bench.machine.canAccept)
        bench.say(.credit(readings: 2), from: 1)
        #expect(bench.machine.canAccept)
    }
}
