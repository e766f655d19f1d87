import IOLoop
import Model
import Redis
import TestServers
import Testing

@testable import AnomalyDetector

/// Two or more instances beside each other on one Redis.
@IOThread
struct PartitionLeasesTests {
    private let instances = StartedInstances()

    @Test func `a partition moves with all that was learnt of it`() async throws {
        try await onRedis { url in try await moves(url) }
    }

    private func moves(_ url: String) async throws {
        let (first, second) = try await pair(url)
        await first.feed(1, [1, 2, 3])
        await second.feed(2, [4, 5])
        #expect(second.count() == 5)
        #expect(first.count() == nil)
        await first.feed(3, [6])
        #expect(first.count() == 6)
        #expect(second.metric("sluice_detector_handed_over_partitions_total 1"))
    }

    @Test func `a batch that two owners get one after the other is learnt once`() async throws {
        try await onRedis { url in try await learnsOnce(url) }
    }

    private func learnsOnce(_ url: String) async throws {
        let (first, second) = try await pair(url)
        await first.feed(1, [1, 2, 3])
        await second.feed(1, [1, 2, 3])
        #expect(second.count() == 3)
    }

    /// Batches over several partitions go to three instances at random: what they learn is what one would have learnt,
    /// and none waits for ever.
    @Test(arguments: [UInt64(1), 2])
    func `instances that fight for partitions lose nothing and learn nothing twice`(seed: UInt64) async throws {
        try await onRedis { url in try await fights(url, seed) }
    }

    private func fights(_ url: String, _ seed: UInt64) async throws {
        var instances: [DetectorInstance] = []
        // None ends for want of time on a busy machine: what is tested is handing over.
        for number in 1...3 {
            instances.append(try await started(url, "anomaly-detector-\(number)", lease: .seconds(60)))
        }
        let devices = (0..<12).map { "dev-\($0)" }
        var random = SplitMix64(seed)
        // Each instance has its own upstream, which sends one batch after the other.
        let plans = instances.indices.map { _ in
            (1...8).map { _ in devices.shuffled(using: &random).prefix(4).map { $0 } }
        }
        let feeds = zip(instances, plans).map { instance, plan in
            Task { @IOThread in await feed(instance, plan) }
        }
        for feed in feeds { await feed.value }
        for device in devices {
            let expected = 2 * plans.joined().count { $0.contains(device) }
            // Whoever owns it now has all of it.
            await instances[0].feed(1_000, [1], device: device)
            #expect(instances[0].count(of: device) == UInt64(expected + 1), "\(device)")
        }
    }

    private func feed(_ instance: DetectorInstance, _ plan: [[String]]) async {
        for (sequence, devices) in plan.enumerated() {
            let values = Dictionary(uniqueKeysWithValues: devices.map { ($0, [1.0, 2.0]) })
            var batch = ReadingBatch.of(values, sequence: UInt64(sequence + 1))
            batch.identity.producer = "producer of \(instance.name)"
            _ = await instance.step.detect(in: batch)
        }
    }

    @Test func `the lease of an instance that died ends by itself`() async throws {
        try await onRedis { url in try await ends(url) }
    }

    private func ends(_ url: String) async throws {
        let first = try await started(url, "anomaly-detector-1", lease: .seconds(2))
        let second = try await started(url, "anomaly-detector-2", lease: .seconds(2))
        await first.feed(1, [1, 2, 3])
        await first.checkpoints.checkpoint()
        first.store.connection.close()
        await second.feed(2, [4])
        #expect(second.count() == 4)
    }

    @Test func `an instance that is back under its name goes on with its own leases`() async throws {
        try await onRedis { url in try await returns(url) }
    }

    private func returns(_ url: String) async throws {
        let first = try await started(url, "anomaly-detector-1", lease: .seconds(60))
        await first.feed(1, [1, 2, 3])
        await first.checkpoints.checkpoint()
        first.store.connection.close()
        let again = try await started(url, "anomaly-detector-1", lease: .seconds(60))
        await again.feed(2, [4])
        #expect(again.count() == 4)
    }

    @Test func `an instance whose lease went to another and back goes on from the other's state`() async throws {
        try await onRedis { url in try await wakes(url) }
    }

    private func wakes(_ url: String) async throws {
        let (first, second) = try await pair(url)
        await first.feed(1, [1, 2, 3])
        await first.checkpoints.checkpoint()
        // As after a long stop of the first: its lease is over, and nobody asked it.
        try await pass(Partition(device: "dev-1", of: .standard), to: second, epoch: 2)
        await second.feed(2, [4, 5])
        #expect(second.count() == 5)
        // Its next renewal tells.
        try await eventually { first.leases.count == 0 }
        await first.feed(3, [6])
        #expect(first.count() == 6)
    }

    @Test func `an empty Redis does not cost what is in memory`() async throws {
        try await onRedis { url in try await survivesFlush(url) }
    }

    private func survivesFlush(_ url: String) async throws {
        let first = try await started(url, "anomaly-detector-1", settling: PartitionLeases.renewal * 3)
        let second = try await started(url, "anomaly-detector-2", settling: PartitionLeases.renewal * 3)
        await first.feed(1, [1, 2, 3])
        await first.feed(2, [4])
        _ = try await first.store.connection.send("FLUSHDB")
        await second.feed(3, [5])
        #expect(second.count() == 5)
    }

    /// Messages of a first start come one by one, each from another partition.
    @Test func `a first start waits once for former holders, and not for each partition`() async throws {
        try await onRedis { url in
            let settling = Duration.seconds(1)
            let instance = try await started(url, "anomaly-detector-1", settling: settling)
            let start = ContinuousClock.now
            for partition in 0..<8 as Range<UInt16> {
                await instance.leases.pin([Partition(rawValue: partition)])
                instance.leases.unpin()
            }
            let took = ContinuousClock.now - start
            #expect(took >= .milliseconds(900) && took < settling * 4, "\(took)")
        }
    }

    @Test func `without Redis detection goes on, and says so`() async throws {
        try await onRedis { url in
            let instance = try await started(url, "anomaly-detector-1")
            instance.store.connection.close()
            await instance.feed(1, [1, 2, 3])
            #expect(instance.count() == 3)
            #expect(instance.leases.obstacle == nil)
        }
    }

    @Test func `who waits long for a partition says for whom`() async throws {
        try await onRedis { url in
            let first = try await started(url, "anomaly-detector-1", lease: .seconds(60))
            let second = try await started(url, "anomaly-detector-2")
            await first.leases.pin([Partition(rawValue: 7)])
            let waiting = Task { @IOThread in await second.leases.pin([Partition(rawValue: 7)]) }
            try await eventually { second.leases.obstacle != nil }
            #expect(second.leases.obstacle == "waits for partition 7, which anomaly-detector-1 holds")
            first.leases.unpin()
            await waiting.value
            #expect(second.leases.count == 1)
        }
    }

    @Test func `a lease that is lost while another is waited for is asked for again`() async throws {
        try await onRedis { url in try await looksAgain(url) }
    }

    private func looksAgain(_ url: String) async throws {
        let (first, second) = try await pair(url)
        let third = try await started(url, "anomaly-detector-3")
        let (low, high) = (Partition(rawValue: 1), Partition(rawValue: 2))
        await second.leases.pin([high])
        let waiting = Task { @IOThread in await first.leases.pin([low, high]) }
        try await eventually { first.leases.obstacle?.contains("partition 2") == true }
        // As when its lease ended during the wait, and the third was quicker.
        try await pass(low, to: third, epoch: 8)
        await third.leases.pin([low])
        second.leases.unpin()
        try await eventually { first.leases.obstacle?.contains("partition 1, which anomaly-detector-3") == true }
        third.leases.unpin()
        await waiting.value
        #expect(first.leases.stillHolds([low, high]))
        #expect(!second.leases.stillHolds([high]) && !third.leases.stillHolds([low]))
    }

    @Test func `a lease that ends while another is waited for, and that nobody took, is taken up again`() async throws {
        try await onRedis { url in try await takesUpAgain(url) }
    }

    private func takesUpAgain(_ url: String) async throws {
        let (first, second) = try await pair(url)
        let (low, high) = (Partition(rawValue: 1), Partition(rawValue: 2))
        await second.leases.pin([high])
        let waiting = Task { @IOThread in await first.leases.pin([low, high]) }
        try await eventually { first.leases.obstacle?.contains("partition 2") == true }
        _ = try await first.store.connection.send("HSET", Self.leases, "1", "7 0 ")
        second.leases.unpin()
        await waiting.value
        #expect(first.leases.stillHolds([low, high]))
        #expect(try await first.store.connection.send("HGET", Self.leases, "1").text?.hasPrefix("8 ") == true)
    }

    private static let leases = "sluice:anomaly-detector:partitions"

    /// In one step: were the lease only ended, its holder, which looks every 20 ms, might take it up again before `instance` asks.
    private func pass(_ partition: Partition, to instance: DetectorInstance, epoch: Int) async throws {
        _ = try await instance.store.connection.send(
            "HSET", Self.leases, "\(partition.rawValue)", "\(epoch) 9999999999999 \(instance.name)")
    }

    private func pair(_ url: String) async throws -> (DetectorInstance, DetectorInstance) {
        (try await started(url, "anomaly-detector-1"), try await started(url, "anomaly-detector-2"))
    }

    private func started(
        _ url: String, _ name: String, lease: Duration = .seconds(5), settling: Duration = .zero
    ) async throws -> DetectorInstance {
        let instance = try await DetectorInstance.started(url, instance: name, lease: lease, settling: settling)
        instance.leases.start()
        instances.all.append(instance)
        return instance
    }

    /// Pinning waits without end for whoever holds a partition: a test that has instances wait for each other fails, and
    /// says who waits for whom.
    private func onRedis(_ body: @escaping @IOThread (_ url: String) async throws -> Void) async throws {
        try await withRedis { url in
            var hasEnded = false
            let test = IOThread.throwingTask {
                defer { hasEnded = true }
                try await body(url)
            }
            let deadline = ContinuousClock.now + Self.patience
            while !hasEnded {
                try #require(
                    ContinuousClock.now < deadline, "stands still after \(Self.patience): \(instances.obstacles)")
                await EventLoop.sleep(for: .milliseconds(5))
            }
            try await test.value
        }
    }

    /// Far more than any of them takes on a busy machine.
    private static let patience = Duration.seconds(120)
}

/// Those of one test.
@IOThread
private final class StartedInstances {
    var all: [DetectorInstance] = []

    /// Who waits for whom.
    var obstacles: String {
        let waits = all.compactMap { instance in instance.leases.obstacle.map { "\(instance.name) \($0)" } }
        return waits.isEmpty ? "no instance waits for a partition" : waits.joined(separator: "; ")
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
private struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
