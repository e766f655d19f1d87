import Detectors
import IOLoop
import LocalServers
import Model
import Plugins
import Redis
import TestServers
import Testing

@testable import AnomalyDetector

/// Whose journal it is, and what is written to it by whom.
@IOThread
struct JournalTenureTests {
    private let partition = Partition(device: "dev-1", of: .standard)
    private var key: String { "sluice:anomaly-detector:journal:\(partition.rawValue)" }

    private func becomesAnothers(_ instance: DetectorInstance, until time: String) async throws {
        try await instance.store.connection.send(
            "HSET", "sluice:anomaly-detector:partitions", "\(partition.rawValue)", "9 \(time) anomaly-detector-2")
    }

    @Test func `what is acknowledged when the lease is over is not written to the new owner's journal`() async throws {
        try await withRedis { url in
            let instance = try await DetectorInstance.started(url)
            await instance.feed(1, [1])
            await instance.acknowledge(1)
            await instance.feed(2, [2])
            // As after a long stop: it does not know.
            try await becomesAnothers(instance, until: "99999999999999")
            await instance.acknowledge(2)
            #expect(try await instance.store.connection.send("LLEN", key).integer == 1)
            #expect(instance.metric(#"sluice_journal_batches_total{outcome="left_out"} 1"#))
        }
    }

    @Test func `what was learnt under an older lease is not written under a newer one`() async throws {
        try await withRedis { url in
            let instance = try await DetectorInstance.started(url)
            await instance.feed(1, [1])
            try await becomesAnothers(instance, until: "0")
            instance.leases.start()
            try await eventually { instance.leases.epoch(of: partition) == 10 }
            await instance.feed(2, [2])
            await instance.acknowledge(2)
            #expect(instance.metric(#"sluice_journal_batches_total{outcome="written"} 1"#))
            #expect(instance.metric(#"sluice_journal_batches_total{outcome="left_out"} 1"#))
            #expect(instance.count() == 2)
        }
    }

    @Test func `while the journal cannot be read nothing is written, and what is learnt is saved soon`() async throws {
        try await withPrivateRedis { running in
            let url = try #require((running.server as? RedisServer)?.url)
            let instance = try await DetectorInstance.started(url)
            try await instance.store.connection.send("ACL", "SETUSER", "default", "-lrange")
            var sequence: UInt64 = 0
            let deadline = ContinuousClock.now + .seconds(30)
            while !instance.metric("sluice_checkpointed_series_total 1") {
                sequence += 1
                await instance.feed(sequence, [Double(sequence)])
                await instance.acknowledge(sequence)
                try #require(ContinuousClock.now < deadline)
            }
            #expect(!instance.journal.isOpen(partition))
            #expect(instance.metric(#"sluice_journal_batches_total{outcome="left_out"} \#(sequence)"#))
            try await instance.store.connection.send("ACL", "SETUSER", "default", "+lrange")
            await instance.feed(sequence + 1, [1])
            await instance.acknowledge(sequence + 1)
            #expect(instance.journal.isOpen(partition) && instance.count() == sequence + 1)
            #expect(instance.metric(#"sluice_journal_batches_total{outcome="written"} 1"#))
        }
    }

    @Test func `a state that is no hash keeps no journal from being learnt, and is replaced`() async throws {
        try await withRedis { url in
            let first = try await DetectorInstance.started(url)
            await first.feed(1, [1, 2])
            await first.acknowledge(1)
            try await first.store.connection.send("SET", "stats:dev-1:temperature", "?")
            first.store.connection.close()
            let second = try await DetectorInstance.started(url)
            await second.feed(2, [3])
            #expect(second.count() == 3)
            await second.checkpoints.checkpoint()
            #expect(try await second.store.connection.send("HGET", "stats:dev-1:temperature", "count").text == "3")
        }
    }

    @Test func `a Redis that begins anew is told again whose series there are`() async throws {
        try await withPrivateRedis { running in
            let url = try #require((running.server as? RedisServer)?.url)
            let instance = try await DetectorInstance.started(url)
            await instance.feed(1, [1])
            await instance.acknowledge(1)
            await instance.checkpoints.checkpoint()
            try await instance.store.connection.send("FLUSHALL")
            await running.stop()
            try await eventually { !instance.store.connection.state.isConnected }
            let again = try await TestServers.restart(running.server)
            try #require(await instance.store.connection.isConnected(within: .seconds(30)))
            await instance.feed(2, [2])
            await instance.acknowledge(2)
            #expect(await instance.store.listedPartitions() == [partition])
            await instance.checkpoints.checkpoint()
            let name = SensorName(device: "dev-1", sensor: "temperature")
            #expect(await instance.store.series(of: partition) == [name])
            await again.stop()
        }
    }

    @Test func `a series does not stay without its device`() throws {
        let instance = DetectorInstance(
            try RedisConfiguration(url: "redis://127.0.0.1:1"), detectors: [MissingReadings()])
        var new: [Int32] = []
        let slots = instance.memory.slots(of: .of(["dev-1": [1]], sequence: 1), new: &new)
        instance.memory.setRevision(1, slot: slots[0])
        #expect(new.count == 2 && !instance.step.forgetUnknown(new))
        #expect(instance.memory.count == 0)
    }

    @Test
    func `a device that knows a batch is not asked again what it thinks of it when that is learnt from the journal`()
        throws
    {
        let instance = DetectorInstance(
            try RedisConfiguration(url: "redis://127.0.0.1:1"), detectors: [DeviceForestDetector()])
        let batch = ReadingBatch.of(["dev-1": [1]], sequence: 1)
        var new: [Int32] = []
        let slots = instance.memory.slots(of: batch, new: &new)
        func learning(known: DetectorInput.Learning) -> [DetectorInput.Learning]? {
            let own = instance.memory.apply(batch, slots: slots)
            let input = DetectorInput(batch: batch, slots: slots, learning: own, now: Timestamp(microseconds: 0))
            return instance.memory.ofDevices(input, known: known)?.learning
        }
        #expect(learning(known: .ignore) == [.learn])
        #expect(learning(known: .ignore) == [.ignore])
        #expect(learning(known: .scoreOnly) == [.scoreOnly])
    }
}
