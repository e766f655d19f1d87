import Alerting
import Detectors
import IOLoop
import LocalServers
import Model
import Plugins
import Redis
import Settings
import TestServers
import Testing

@testable import AnomalyDetector

/// Instances that are killed between two checkpoints, after batches were acknowledged.
@IOThread
struct BatchJournalTests {
    private let level = (0..<30).map { 20 + Double($0 % 3) * 0.1 }
    private let partition = Partition(device: "dev-1", of: .standard)

    private func journal(_ instance: DetectorInstance) async throws -> Int64? {
        try await instance.store.connection.send(
            "LLEN", "sluice:anomaly-detector:journal:\(partition.rawValue)"
        ).integer
    }

    private func state(_ instance: DetectorInstance) throws -> SavedState {
        let slot = try #require(instance.memory.slot(of: SensorName(device: "dev-1", sensor: "temperature")))
        return instance.memory.state(of: slot)
    }

    @Test func `a kill costs nothing of what was acknowledged`() async throws {
        try await withRedis { url in try await costsNothing(url) }
    }

    private func costsNothing(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        await first.feed(1, level)
        await first.acknowledge(1)
        await first.checkpoints.checkpoint()
        for sequence in 2...9 as ClosedRange<UInt64> {
            await first.feed(sequence, [20.1, 20.2])
            await first.acknowledge(sequence)
        }
        let expected = try state(first)
        first.store.connection.close()

        let second = try await DetectorInstance.started(url)
        // What is redelivered although it was acknowledged, since the acknowledgement was lost.
        await second.feed(9, [20.1, 20.2])
        #expect(try state(second) == expected)
        #expect(second.metric(#"sluice_journal_batches_total{outcome="replayed"} 8"#))
    }

    @Test func `another instance takes over what the dead one had not saved`() async throws {
        try await withRedis { url in try await isTakenOver(url) }
    }

    private func isTakenOver(_ url: String) async throws {
        let first = try await DetectorInstance.started(url, lease: .seconds(2))
        await first.feed(1, level)
        await first.acknowledge(1)
        await first.feed(2, [20.2])
        let expected = try state(first)
        first.store.connection.close()
        let second = try await DetectorInstance.started(url, instance: "anomaly-detector-2", lease: .seconds(2))
        await second.feed(2, [20.2])
        #expect(try state(second) == expected)
    }

    @Test func `a batch that is acknowledged before an earlier one does not keep that from being learnt`() async throws
    {
        try await withRedis { url in try await isInOrder(url) }
    }

    private func isInOrder(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        for sequence in 1...4 as ClosedRange<UInt64> { await first.feed(sequence, [Double(sequence)]) }
        let expected = try state(first)
        await first.acknowledge(3)
        first.store.connection.close()
        let second = try await DetectorInstance.started(url)
        for sequence in [1, 2, 4] as [UInt64] { await second.feed(sequence, [Double(sequence)]) }
        #expect(try state(second) == expected)
    }

    @Test func `a device goes on from the journal though its series was saved and it was not`() async throws {
        try await withRedis { url in try await goesOnAlone(url) }
    }

    private func goesOnAlone(_ url: String) async throws {
        func feed(_ instance: DetectorInstance, _ sequence: UInt64) async {
            var batch = ReadingBatch.of(["dev-1": [1]], sequence: sequence)
            batch.receivedAt = [Int64(sequence * sequence) * 1_000_000]
            _ = await instance.step.detect(in: batch)
        }
        let first = try await DetectorInstance.started(url, detectors: [MissingReadings()])
        for sequence in 1...6 as ClosedRange<UInt64> {
            await feed(first, sequence)
            await first.acknowledge(sequence)
        }
        let device = SensorName(device: "dev-1", sensor: "")
        let series = try #require(first.memory.slot(of: SensorName(device: "dev-1", sensor: "temperature")))
        await first.checkpoints.checkpoint([series])
        let expected = first.memory.state(of: try #require(first.memory.slot(of: device)))
        #expect(expected.readings == 6)
        first.store.connection.close()
        let second = try await DetectorInstance.started(url, detectors: [MissingReadings()])
        await feed(second, 6)
        #expect(second.memory.state(of: try #require(second.memory.slot(of: device))) == expected)
    }

    @Test func `a series that only the journal knows is taken up though no reading of it comes`() async throws {
        try await withRedis { url in try await takesUp(url) }
    }

    private func takesUp(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        await first.feed(1, level)
        await first.acknowledge(1)
        first.store.connection.close()
        let second = try await DetectorInstance.started(url)
        await second.adoption.look()
        #expect(second.count() == 30)
    }

    @Test func `an alert that nobody saved comes again under its name`() async throws {
        try await withRedis { url in try await raisesAgain(url) }
    }

    private func raisesAgain(_ url: String) async throws {
        let record = AlertLedger()
        let first = try await DetectorInstance.started(url, detectors: [TailSum()], record: record)
        await first.feed(1, (0..<320).map { 20 + Double($0 % 7) * 0.1 })
        await first.feed(2, [20.1, 99, 20.2])
        await first.acknowledge(2)
        try await eventually { first.told.transitions.count == 1 }
        // As if it had been killed between writing the journal and saving the series.
        try await first.store.connection.send("DEL", "stats:dev-1:temperature")
        first.store.connection.close()
        let second = try await DetectorInstance.started(url, detectors: [TailSum()], record: record)
        await second.feed(3, [20.1])
        try await eventually { second.told.transitions.count == 1 }
        #expect(second.told.transitions.map(\.id) == first.told.transitions.map(\.id))
        #expect(record.transitions.count == 1)
    }

    @Test func `a checkpoint empties the journal, and so does handing over`() async throws {
        try await withRedis { url in try await empties(url) }
    }

    private func empties(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        await first.feed(1, level)
        await first.acknowledge(1)
        #expect(try await journal(first) == 1)
        let life = try await first.store.connection.send(
            "TTL", "sluice:anomaly-detector:journal:\(partition.rawValue)"
        ).integer
        #expect((life ?? 0) > 3_600)
        await first.checkpoints.checkpoint()
        #expect(try await journal(first) == 0)
        await first.feed(2, level)
        await first.acknowledge(2)
        #expect(try await journal(first) == 1)
        await first.leases.close()
        #expect(try await journal(first) == 0)
        #expect(first.metric("sluice_journal_bytes 0"))
    }

    @Test func `a journal that has become another's is not cut`() async throws {
        try await withRedis { url in try await leavesOthers(url) }
    }

    private func leavesOthers(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        await first.feed(1, level)
        await first.acknowledge(1)
        // As after a long stop: its lease is over, and it does not know.
        try await first.store.connection.send(
            "HSET", "sluice:anomaly-detector:partitions", "\(partition.rawValue)",
            "9 99999999999999 anomaly-detector-2")
        await first.checkpoints.checkpoint()
        #expect(try await journal(first) == 1)
    }

    @Test func `when the limit is reached a checkpoint does not wait for its time`() async throws {
        try await withRedis { url in try await isBounded(url) }
    }

    private func isBounded(_ url: String) async throws {
        let instance = DetectorInstance(try RedisConfiguration(url: url), journalLimit: .kibibytes(4))
        instance.store.connection.start()
        try #require(await instance.store.connection.isConnected(within: .seconds(30)))
        var sequence: UInt64 = 0
        try await instance.until {
            sequence += 1
            await instance.feed(sequence, level)
            await instance.acknowledge(sequence)
            return instance.metric("sluice_checkpointed_series_total 1")
        }
        #expect(try await journal(instance) ?? 0 < Int64(sequence))
    }

    @Test func `an entry that cannot be read is left out, and the others are learnt`() async throws {
        try await withRedis { url in try await skips(url) }
    }

    private func skips(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        await first.feed(1, [1, 2])
        await first.acknowledge(1)
        try await first.store.connection.send(
            "RPUSH", "sluice:anomaly-detector:journal:\(partition.rawValue)", "garbage")
        await first.feed(2, [3])
        await first.acknowledge(2)
        first.store.connection.close()
        let second = try await DetectorInstance.started(url)
        await second.feed(3, [4])
        #expect(second.count() == 4)
        #expect(second.metric(#"sluice_errors_total{error_type="journal_unreadable"} 1"#))
    }

    @Test func `without Redis batches are acknowledged all the same`() async throws {
        try await withPrivateRedis { running in
            let url = try #require((running.server as? RedisServer)?.url)
            let instance = try await DetectorInstance.started(url)
            await instance.feed(1, level)
            await running.stop()
            try await eventually { !instance.store.connection.state.isConnected }
            await instance.acknowledge(1)
            #expect(instance.metric(#"sluice_journal_batches_total{outcome="left_out"} 1"#))
            // It is saved as soon as Redis is back, and somebody finds out.
            let again = try await TestServers.restart(running.server)
            try #require(await instance.store.connection.isConnected(within: .seconds(30)))
            var sequence: UInt64 = 1
            try await instance.until {
                sequence += 1
                await instance.feed(sequence, [20.1])
                await instance.acknowledge(sequence)
                return instance.metric("sluice_checkpointed_series_total 1")
            }
            await again.stop()
        }
    }

    @Test func `a journal of many pages is learnt to its end`() async throws {
        try await withRedis { url in
            let first = try await DetectorInstance.started(url)
            for sequence in 1...200 as ClosedRange<UInt64> {
                await first.feed(sequence, [Double(sequence)])
                if sequence % 3 == 0 { await first.acknowledge(sequence) }
            }
            await first.acknowledge(200)
            let expected = try state(first)
            first.store.connection.close()
            let second = try await DetectorInstance.started(url)
            await second.feed(200, [200])
            #expect(try state(second) == expected)
        }
    }
}

extension DetectorInstance {
    fileprivate func until(_ condition: @IOThread () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await !condition() { try #require(ContinuousClock.now < deadline, "it did not come true") }
    }
}
