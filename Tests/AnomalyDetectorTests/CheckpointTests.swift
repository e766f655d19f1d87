import Alerting
import Detectors
import IOLoop
import LocalServers
import Model
import Redis
import TestServers
import Testing

@testable import AnomalyDetector

@IOThread
struct CheckpointTests {
    private let level = (0..<30).map { 20 + Double($0 % 3) * 0.1 }

    @Test func `after a restart a series goes on where it was`() async throws {
        try await withRedis { url in try await goesOn(url) }
    }

    private func goesOn(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        await first.feed(1, level)
        await first.checkpoints.checkpoint()
        let fields = try #require(
            try await first.store.connection.send("HGETALL", "stats:dev-1:temperature").array?.compactMap(\.text))
        let names = Set(stride(from: 0, to: fields.count, by: 2).map { fields[$0] })
        #expect(names == ["mean", "std", "count", "readings", "revision", "state"])
        let mean = try await first.store.connection.send("HGET", "stats:dev-1:temperature", "mean").text
        let count = try await first.store.connection.send("HGET", "stats:dev-1:temperature", "count").text
        let seconds = try await first.store.connection.send("TTL", "stats:dev-1:temperature").integer
        #expect(abs((mean.flatMap(Double.init) ?? 0) - 20.1) < 1e-9)
        #expect(count == "30")
        #expect(seconds == -1)

        let second = try await DetectorInstance.started(url)
        let anomalies = await second.feed(2, [20.1, 99])
        #expect(anomalies == [99])
        #expect(second.count() == 31)
        #expect(second.metric(#"sluice_detector_loads_total{outcome="found"} 1"#))
    }

    @Test func `after a restart, what was saved is not learnt twice, and what was not is learnt`() async throws {
        try await withRedis { url in try await learnsTheRest(url) }
    }

    private func learnsTheRest(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        await first.feed(1, ["a": level])
        await first.checkpoints.checkpoint()
        await first.feed(2, ["a": [20, 20.1], "b": [5]])

        let second = try await DetectorInstance.started(url)
        await second.feed(1, ["a": level])
        await second.feed(2, ["a": [20, 20.1], "b": [5]])
        #expect(second.count(of: "a") == 32)
        #expect(second.count(of: "b") == 1)
    }

    @Test func `what was found before a crash is found again, though the state has learnt it`() async throws {
        try await withRedis { url in try await findsAgain(url) }
    }

    /// A detector that has alarmed is silent for a while: judged by the saved state, the same readings would not alarm.
    private func findsAgain(_ url: String) async throws {
        let quiet = (0..<320).map { 20 + Double($0 % 7) * 0.1 }
        let batch = ReadingBatch.of(["dev-1": [20.1, 99, 99.5, 20.2]], sequence: 2)
        let first = try await DetectorInstance.started(url, detectors: [TailSum()])
        await first.feed(1, quiet)
        let found = await first.step.detect(in: batch)
        #expect(found.anomalies.map(\.row) == [1])
        await first.checkpoints.checkpoint()

        let second = try await DetectorInstance.started(url, detectors: [TailSum()])
        #expect(await second.step.detect(in: batch).anomalies == found.anomalies)
        // People have been told, and that is in the state, too.
        #expect(first.told.transitions.map(\.id) == ["producer-2-1-tailsum/1"])
        #expect(second.told.transitions.isEmpty)
        // Split otherwise, as after scaling.
        var part = ReadingBatch(identity: batch.identity)
        part.series = batch.series
        part.appendReading(seriesIndex: 0, timestamp: batch.timestamp[1], value: 99, receivedAt: 0, position: 1)
        let again = await second.step.detect(in: part).anomalies
        #expect(again.map(\.row) == [0])
        #expect(again.map(\.why) == found.anomalies.map(\.why))
        // The next batch is judged as if nothing had happened.
        #expect(await second.feed(3, [20.1, 20.2]).isEmpty)
    }

    @Test func `a step change is learnt across a restart`() async throws {
        try await withRedis { url in try await learnsStep(url) }
    }

    private func learnsStep(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        await first.feed(1, level)
        let before = await first.feed(2, (0..<20).map { 50 + Double($0 % 2) })
        await first.checkpoints.checkpoint()
        let second = try await DetectorInstance.started(url)
        let after = await second.feed(3, (0..<40).map { 50 + Double($0 % 2) })
        #expect(before.count + after.count == 30)
    }

    @Test func `an owner that is out of date takes over what the other one learnt`() async throws {
        try await withRedis { url in try await adoptsNewer(url) }
    }

    private func adoptsNewer(_ url: String) async throws {
        let former = try await DetectorInstance.started(url)
        await former.feed(1, level)
        await former.checkpoints.checkpoint()
        let other = try await DetectorInstance.started(url)
        await other.feed(2, [20.1, 20.1, 20.1])
        await other.checkpoints.checkpoint()

        await former.feed(3, [20.1])
        await former.checkpoints.checkpoint()
        #expect(former.count() == 33)
        #expect(former.metric("sluice_adopted_series_total 1"))
        await former.feed(4, [20.1])
        await former.checkpoints.checkpoint()
        let count = try await other.store.connection.send("HGET", "stats:dev-1:temperature", "count").text
        #expect(count == "34")
    }

    @Test func `without Redis it starts cold, and does not overwrite better state later`() async throws {
        try await withPrivateRedis { running in try await startsCold(running) }
    }

    private func startsCold(_ running: RunningServer) async throws {
        let url = try #require((running.server as? RedisServer)?.url)
        let first = try await DetectorInstance.started(url)
        await first.feed(1, level)
        await first.checkpoints.checkpoint()
        try await first.store.connection.send("SAVE")
        await running.stop()

        var configuration = try RedisConfiguration(url: url)
        configuration.lastRetry = .milliseconds(200)
        let cold = DetectorInstance(configuration)
        cold.store.connection.start()
        await cold.feed(2, [20.1, 99])
        await cold.feed(2, ["new": [1, 2]])
        #expect(cold.count() == 2)
        await cold.checkpoints.checkpoint()
        #expect(cold.memory.dirtyCount == 2)
        #expect(cold.metric(#"sluice_detector_loads_total{outcome="cold"} 2"#))

        let again = try await TestServers.restart(running.server)
        try #require(await cold.store.connection.isConnected(within: .seconds(30)))
        await cold.checkpoints.checkpoint()
        #expect(cold.count() == 30)
        #expect(cold.count(of: "new") == 2)
        let anomalies = await cold.feed(3, [99])
        #expect(anomalies == [99])
        await again.stop()
    }

    @Test func `state that cannot be read is replaced`() async throws {
        try await withRedis { url in try await replacesGarbage(url) }
    }

    private func replacesGarbage(_ url: String) async throws {
        let instance = try await DetectorInstance.started(url)
        try await instance.store.connection.send(
            "HSET", "stats:dev-1:temperature", "state", "garbage", "revision", "7", "readings", "1000")
        await instance.feed(1, [1, 2])
        await instance.checkpoints.checkpoint()
        let count = try await instance.store.connection.send("HGET", "stats:dev-1:temperature", "count").text
        let revision = try await instance.store.connection.send("HGET", "stats:dev-1:temperature", "revision").text
        #expect(count == "2")
        #expect(revision == "8")
    }

    @Test func `many series are saved and loaded in pages`() async throws {
        try await withRedis { url in try await savesMany(url) }
    }

    private func savesMany(_ url: String) async throws {
        let first = try await DetectorInstance.started(url)
        let values = Dictionary(uniqueKeysWithValues: (0..<2_345).map { ("dev-\($0)", [Double($0)]) })
        await first.feed(1, values)
        await first.checkpoints.checkpoint()
        #expect(first.metric("sluice_checkpointed_series_total 2345"))
        let second = try await DetectorInstance.started(url)
        await second.feed(1, values)
        #expect(second.metric(#"sluice_detector_loads_total{outcome="found"} 2345"#))
        #expect(second.count(of: "dev-2000") == 1)
    }

    @Test func `a series that is saved and silent is forgotten, and loaded when it speaks again`() async throws {
        try await withRedis { url in try await forgets(url) }
    }

    @Test func `what was saved is forgotten also while Redis is away`() async throws {
        try await withPrivateRedis { running in
            let url = try #require((running.server as? RedisServer)?.url)
            let instance = DetectorInstance(try RedisConfiguration(url: url), idle: .zero)
            instance.store.connection.start()
            try #require(await instance.store.connection.isConnected(within: .seconds(30)))
            await instance.feed(1, level)
            await instance.feed(1, [1], device: "dev-2")
            // Saved by another hand than the timer's, which would forget it at once.
            let slots = instance.memory.takeDirty()
            for slot in slots { instance.memory.setRevision(1, slot: slot) }
            await running.stop()
            try await eventually { !instance.store.connection.state.isConnected }
            await instance.feed(2, [20.1])
            await instance.checkpoints.checkpoint()
            #expect(instance.memory.count == 1, "what is not saved stays")
            #expect(instance.count() == 31)
        }
    }

    @Test func `two devices whose names differ in bytes alone have a state each`() async throws {
        try await withRedis { url in
            let instance = try await DetectorInstance.started(url)
            var batch = ReadingBatch.of(["caf\u{e9}": [1, 2]], sequence: 1)
            batch.series.append(
                Series(
                    device: "cafe\u{301}", sensor: "temperature", unit: "C", partition: Partition(rawValue: 0)))
            batch.appendReading(seriesIndex: 1, timestamp: 1_000_000, value: 3, receivedAt: 0, position: 2)
            _ = await instance.step.detect(in: batch)
            #expect(instance.memory.count == 2)
            #expect(instance.memory.entries.map(\.readings) == [2, 1])
        }
    }

    private func forgets(_ url: String) async throws {
        let instance = try await DetectorInstance.started(url)
        await instance.feed(1, level)
        instance.memory.forget(idle: .zero)
        #expect(instance.memory.count == 1, "it is not saved yet")
        await instance.checkpoints.checkpoint()
        instance.memory.forget(idle: .zero)
        #expect(instance.memory.count == 0)
        await instance.feed(2, [7], device: "dev-2")
        let anomalies = await instance.feed(2, [20.1, 99])
        #expect(anomalies == [99])
        #expect(instance.count(of: "dev-2") == 1)
    }
}
