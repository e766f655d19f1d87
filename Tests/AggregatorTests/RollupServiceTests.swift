import Glibc
import IOLoop
import LocalServers
import Logging
import Model
import Observability
import PostgreSQL
import Processes
import Settings
import TestServers
import Testing

@testable import Aggregator

/// The running parts of the service, on a real PostgreSQL, without pipes.
@Suite struct RollupServiceTests {
    @Test @IOThread func `what arrives is in the rollups soon after`() async throws {
        try await withRollups { database in
            let parts = try Parts(database.configuration)
            parts.merger.start()
            var generator = SplitMix64(seed: 41)
            for _ in 0..<10 { parts.merger.receive(try await database.write(randomBatch(&generator, count: 100))) }
            try await eventually { try await database.count("rollup_tokens") == 0 }
            await parts.merger.drain()
            #expect(try await database.unequalRows() == 0)
            #expect(parts.metrics.sent.value == 1_000)
            #expect(parts.metrics.pendingReadings.value == 0)
        }
    }

    /// Both would use the one connection at the same time.
    @Test @IOThread func `a batch that comes during the last merge waits for it`() async throws {
        try await withRollups { database in
            let parts = try Parts(database.configuration, "merge_readings: 100")
            var generator = SplitMix64(seed: 46)
            let first = try await database.write(randomBatch(&generator, count: 50))
            let second = try await database.write(randomBatch(&generator, count: 100))
            let blocker = try await database.connection()
            try await blocker.execute("BEGIN; LOCK TABLE rollup_tokens")
            parts.merger.receive(first)
            let draining = Task { await parts.merger.drain() }
            try await eventually {
                try await database.writer.query("SELECT count(*) FROM pg_locks WHERE NOT granted").integer(0, 0) > 0
            }
            parts.merger.receive(second)
            await EventLoop.sleep(for: .milliseconds(100))
            try await blocker.execute("COMMIT")
            await draining.value
            #expect(try await database.count("rollup_tokens") == 0)
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `readings that never arrived are recovered after a while`() async throws {
        try await withRollups { database in
            let parts = try Parts(database.configuration)
            var generator = SplitMix64(seed: 42)
            for _ in 0..<5 { _ = try await database.write(randomBatch(&generator, count: 100)) }
            parts.watch.start()
            try await eventually { try await database.count("rollup_tokens") == 0 }
            #expect(try await database.unequalRows() == 0)
            #expect(parts.metrics.recoveredTokens.value == 5)
            #expect(parts.health.checks.first { $0.name == "postgres" }?.status == .ok)
            await parts.watch.stop()
        }
    }

    @Test @IOThread func `what does not fit into memory is recovered`() async throws {
        try await withRollups { database in
            let parts = try Parts(database.configuration, "pending_readings: 150")
            var generator = SplitMix64(seed: 43)
            for _ in 0..<5 { parts.merger.receive(try await database.write(randomBatch(&generator, count: 100))) }
            #expect(parts.metrics.readingsLeftToRecovery.value == 400)
            await parts.merger.drain()
            #expect(try await database.count("rollup_tokens") == 4)
            parts.watch.start()
            try await eventually { try await database.count("rollup_tokens") == 0 }
            await parts.watch.stop()
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `two aggregators that get the same batches merge each once`() async throws {
        try await withRollups { database in
            let parts = [try Parts(database.configuration), try Parts(database.configuration)]
            for part in parts {
                part.merger.start()
                part.watch.start()
            }
            var generator = SplitMix64(seed: 44)
            for _ in 0..<30 {
                let pending = try await database.write(randomBatch(&generator, count: 50))
                for part in parts { part.merger.receive(pending) }
            }
            try await eventually { try await database.count("rollup_tokens") == 0 }
            for part in parts {
                await part.merger.drain()
                await part.watch.stop()
            }
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `it goes on when PostgreSQL is back after a crash`() async throws {
        try await withPrivatePostgreSQL(durability: .durable) { running in
            let server = try #require(running.server as? PostgreSQLServer)
            let before = try await RollupDatabase(url: server.url)
            let parts = try Parts(before.configuration)
            parts.merger.start()
            parts.watch.start()
            var generator = SplitMix64(seed: 45)
            let batches = [
                try await before.write(randomBatch(&generator, count: 100)),
                try await before.write(randomBatch(&generator, count: 100)),
            ]
            running.process.signal(SIGKILL)
            _ = await running.process.exitStatus()
            parts.merger.receive(batches[0])
            try await eventually { parts.health.checks.contains { $0.name == "postgres" && $0.status == .fail } }
            let again = try await TestServers.restart(running.server)
            let after = try await PostgreSQLConnection.connect(before.configuration)
            try await eventually { try await after.query("SELECT count(*) FROM rollup_tokens").integer(0, 0) == 0 }
            try await eventually { parts.health.checks.allSatisfy { $0.name == "lifecycle" || $0.status == .ok } }
            let unequal = try await RollupDatabase.unequalRows(on: after)
            #expect(unequal == 0)
            await parts.merger.drain()
            await parts.watch.stop()
            after.close()
            await again.stop()
        }
    }
}

/// What ``AggregatorService`` composes around the pipe.
@IOThread
private struct Parts {
    let merger: RollupMerger
    let watch: BacklogWatch
    let metrics: AggregatorMetrics
    let health = HealthBoard()

    init(_ database: PostgreSQLConfiguration, _ settings: String = "pending_readings: 200000") throws {
        let intervals = "merge_interval: 50ms, check_interval: 50ms, recover_after: 500ms"
        let document = SettingsDocument(yaml: "aggregator: { \(intervals), \(settings) }", environment: [:])
        let configuration = try document.decode(AggregatorConfiguration.self)
        metrics = AggregatorMetrics(registry: MetricsRegistry(), logger: Logger(label: "aggregator"))
        merger = RollupMerger(
            session: PostgreSQLSession(database), configuration: configuration, metrics: metrics)
        watch = BacklogWatch(
            session: PostgreSQLSession(database), configuration: configuration, metrics: metrics, health: health)
    }
}

/// Waits for a condition, at most half a minute.
@IOThread
func eventually(_ condition: @IOThread () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "the condition did not come true in time")
        await EventLoop.sleep(for: .milliseconds(20))
    }
}
