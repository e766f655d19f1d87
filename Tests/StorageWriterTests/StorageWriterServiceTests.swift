import Glibc
import IOLoop
import LocalServers
import Model
import Observability
import Pipes
import PostgreSQL
import Processes
import Redis
import Settings
import StageRuntime
import TestServers
import Testing

@testable import StorageWriter

@IOThread
struct StorageWriterServiceTests {
    private let context = ServiceContext(service: "storage-writer", instance: "storage-writer-1")

    private func service(
        postgres: String, redis: String, upstream: String, sinks: String = "[{ type: postgres }, { type: redis }]"
    ) async throws -> StorageWriterService {
        let settings = SettingsDocument(
            yaml: """
                storage_writer: { upstream: [\"\(upstream)\"], housekeeping_interval: 100ms, sinks: \(sinks) }
                postgres: { url: \"\(postgres)\" }
                redis: { url: \"\(redis)\" }
                """, environment: [:], overrides: [])
        let service = try await StorageWriterService(
            configuration: try settings.decode(StorageWriterConfiguration.self),
            context: context)
        try await service.start()
        return service
    }

    private func upstream() throws -> OutboundPipe {
        try OutboundPipe(OutboundPipeConfiguration(bind: "tcp://127.0.0.1:0", instance: "anomaly-detector-1"))
    }

    @Test func `a batch is stored, cached, handed to the aggregator, and acknowledged`() async throws {
        let (postgres, redis) = (
            try await TestServers.shared.postgreSQLURL(), try await TestServers.shared.redisURL()
        )
        let detector = try upstream()
        let service = try await service(postgres: postgres, redis: redis, upstream: detector.endpoint)
        var rollups: [Delivery] = []
        let aggregator = InboundPipe(
            InboundPipeConfiguration(stage: "aggregator", instance: "aggregator-1"),
            from: .fixed([service.rollupEndpoint])
        ) { delivery in
            rollups.append(delivery)
            delivery.ack()
        }
        aggregator.start()
        try await eventually { service.hasAggregator }
        var outcomes: [DeliveryOutcome] = []
        for sequence in 1...3 as ClosedRange<UInt64> {
            detector.send(OutgoingBatch(.sample(sequence: sequence, at: .now()))) { outcomes.append($0) }
        }
        try await eventually { outcomes.count == 3 }
        #expect(outcomes.allSatisfy { if case .acknowledged = $0 { true } else { false } })
        let fixture = try await StoreFixture.make(url: postgres)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 60)
        try await eventually { rollups.reduce(0) { $0 + $1.batch.count } == 60 }
        let tokens = try await fixture.connection.query("SELECT array_agg(token ORDER BY token) FROM rollup_tokens")
        #expect(rollups.compactMap(\.token).sorted() == tokens.int64s(0, 0))
        let cache = RedisConnection(try RedisConfiguration(url: redis), scripts: [])
        cache.start()
        try await eventually { cache.state.isConnected }
        #expect(try await cache.send("HGET", "sensor:device-3:temperature", "value").text == "3.5")
        let written = #"sluice_sink_written_readings_total{sink="redis"} 60"#
        try await eventually { context.metrics.prometheusText().contains(written) }
        await service.drain()
        aggregator.close()
        detector.close()
        cache.close()
    }

    @Test func `a Redis that was killed and comes back empty is filled again from PostgreSQL`() async throws {
        let postgres = try await TestServers.shared.postgreSQLURL()
        try await withPrivateRedis { running in
            let url = "redis://127.0.0.1:\(running.server.port)"
            let detector = try upstream()
            let service = try await service(postgres: postgres, redis: url, upstream: detector.endpoint)
            detector.send(OutgoingBatch(.sample(at: .now()))) { _ in }
            let cache = RedisConnection(try RedisConfiguration(url: url), scripts: [])
            cache.start()
            try await eventually { await shown(in: cache) == ["3.5", "1"] }
            running.process.signal(SIGKILL)
            _ = await running.process.exitStatus()
            let again = try await TestServers.restart(running.server)
            // Nothing new is sent meanwhile.
            try await eventually { await shown(in: cache) == ["3.5", "1"] }
            await service.drain()
            detector.close()
            cache.close()
            await again.stop()
        }
    }

    /// The latest value and the length of the list of one series; nothing while Redis is away.
    private func shown(in cache: RedisConnection) async -> [String?] {
        guard cache.state.isConnected,
            let latest = try? await cache.send("HGET", "sensor:device-3:temperature", "value"),
            let list = try? await cache.send("LRANGE", "ts:device-3:temperature", "0", "-1")
        else { return [] }
        return [latest.text, "\(list.array?.count ?? 0)"]
    }

    @Test func `without the sink redis it stores, acknowledges, and never asks for Redis`() async throws {
        let postgres = try await TestServers.shared.postgreSQLURL()
        let redis = try PortReservation.anyFree()
        let detector = try upstream()
        let service = try await service(
            postgres: postgres, redis: "redis://127.0.0.1:\(redis.port)", upstream: detector.endpoint,
            sinks: "[{ type: postgres }]")
        var isAcknowledged = false
        detector.send(OutgoingBatch(.sample(at: .now()))) { outcome in
            if case .acknowledged = outcome { isAcknowledged = true }
        }
        try await eventually { isAcknowledged }
        let fixture = try await StoreFixture.make(url: postgres)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 20)
        #expect(Set(context.health.checks.map(\.name)) == ["lifecycle", "postgres", "flow", "upstream"])
        await service.drain()
        detector.close()
    }

    @Test func `PostgreSQL that comes back is noticed without a reading`() async throws {
        let redis = try await TestServers.shared.redisURL()
        try await withPrivatePostgreSQL { running in
            let server = try #require(running.server as? PostgreSQLServer)
            let service = try await service(postgres: server.url, redis: redis, upstream: "tcp://127.0.0.1:1")
            try await eventually { postgresStatus == .ok }
            await running.stop()
            try await eventually { postgresStatus == .fail }
            let again = try await TestServers.restart(running.server)
            try await eventually { postgresStatus == .ok }
            await service.drain()
            await again.stop()
        }
    }

    private var postgresStatus: HealthBoard.Status? {
        context.health.checks.first { $0.name == "postgres" }?.status
    }

    @Test func `PostgreSQL away at the start and again later: readings wait upstream, and none is lost`() async throws {
        let redis = try await TestServers.shared.redisURL()
        try await withPrivatePostgreSQL(durability: .durable) { running in
            let server = try #require(running.server as? PostgreSQLServer)
            await running.stop()
            let detector = try upstream()
            let service = try await service(postgres: server.url, redis: redis, upstream: detector.endpoint)
            var acknowledged = 0
            @IOThread func send(_ sequences: ClosedRange<UInt64>) {
                for sequence in sequences {
                    detector.send(OutgoingBatch(.sample(sequence: sequence, devices: 50))) { outcome in
                        if case .acknowledged = outcome { acknowledged += 1 }
                    }
                }
            }
            send(1...20)
            var again = try await TestServers.restart(running.server)
            try await eventually { acknowledged == 20 }
            await again.stop()
            send(21...40)
            try await eventually { postgresStatus == .fail }
            #expect(acknowledged == 20)
            again = try await TestServers.restart(running.server)
            try await eventually { acknowledged == 40 }
            let fixture = try await StoreFixture.make(url: server.url)
            let stored = try await fixture.number("SELECT count(DISTINCT event_id) FROM readings")
            let all = try await fixture.number("SELECT count(*) FROM readings")
            #expect(stored == 2_000 && all == 2_000)
            fixture.connection.close()
            await service.drain()
            detector.close()
            await again.stop()
        }
    }
}

extension StorageWriterService {
    fileprivate var rollupEndpoint: String { aggregators.pipe.endpoint }
    fileprivate var hasAggregator: Bool { !aggregators.pipe.workers.isEmpty }
}
