import AlertRecords
import IOLoop
import LocalServers
import Model
import Plugins
import PostgreSQL
import Redis
import TestServers
import Testing

@testable import StorageWriter

/// Stands for PostgreSQL: whatever the test put there.
@IOThread
final class ListedSource: CacheSource {
    struct Away: Error {}

    var pages: [[CachedSeries]] = []
    var isAway = false
    private(set) var asked = 0

    func forEachPage(
        since start: Timestamp, limit: Int, _ body: @IOThread ([CachedSeries]) async throws -> Void
    ) async throws {
        asked += 1
        if isAway { throw Away() }
        for page in pages { try await body(page) }
    }

    func forEachAlertPage(since start: Timestamp, _ body: @IOThread ([AlertRecord]) async throws -> Void) async throws {
    }

    func close() {}
}

@IOThread
struct RedisRefillTests {
    private func series(_ device: String, _ values: [Double]) -> CachedSeries {
        CachedSeries(
            device: device, sensor: "temperature",
            readings: values.enumerated().map { index, value in
                CachedReading(
                    timestamp: Timestamp(seconds: Int64(1_000 + index)), eventID: "producer-1-\(index)", value: value,
                    unit: "C", quality: 1)
            })
    }

    @Test func `a writer that starts refills what is missing`() async throws {
        try await withRedis { url in try await startsAndRefills(url) }
    }

    private func startsAndRefills(_ url: String) async throws {
        let configuration = try RedisConfiguration(url: url)
        let source = ListedSource()
        source.pages = [[series("dev-1", [1, 2, 3])], [series("dev-2", [4]), series("dev-3", [])]]
        let sink = RedisSink(configuration, source: source)
        sink.start()
        try await eventually { sink.counters.refills == 1 }
        #expect(sink.counters.refilledReadings == 4)
        let redis = RedisConnection(configuration)
        redis.start()
        try await eventually { redis.state.isConnected }
        let value = try await redis.send("HGET", "sensor:dev-1:temperature", "value").text
        let length = try await redis.send("LLEN", "ts:dev-1:temperature").integer
        let empty = try await redis.send("EXISTS", "sensor:dev-3:temperature").integer
        #expect(value == "3.0")
        #expect(length == 3)
        #expect(empty == 0)
        sink.close()
        redis.close()
    }

    @Test func `Redis gone: degraded and dropped; Redis back: refilled`() async throws {
        try await withPrivateRedis { running in try await goesAndComesBack(running) }
    }

    private func goesAndComesBack(_ running: RunningServer) async throws {
        let url = try #require((running.server as? RedisServer)?.url)
        let source = ListedSource()
        var configuration = try RedisConfiguration(url: url)
        configuration.lastRetry = .milliseconds(200)
        let sink = RedisSink(configuration, source: source)
        sink.start()
        try await eventually { sink.counters.refills == 1 && sink.status == .ok }

        await running.stop()
        try await eventually { sink.status != .ok }
        var lost = ReadingBatch(identity: BatchIdentity(producer: "producer", sequence: 1))
        lost.series = [Series(device: "dev-1", sensor: "temperature", unit: "C", partition: Partition(rawValue: 0))]
        lost.appendReading(seriesIndex: 0, timestamp: 1, value: 1, receivedAt: 0, position: 0)
        sink.store([lost])
        #expect(sink.counters.droppedReadings == 1)

        source.pages = [[series("dev-1", [5, 6])]]
        _ = try await TestServers.restart(running.server)
        try await eventually { sink.counters.refills == 2 && sink.status == .ok }
        #expect(sink.counters.refilledReadings == 2)
        sink.close()
    }

    @Test func `alerts of the last seven days come back, each for what is left of its seven days`() async throws {
        try await withRedis { url in try await refillsAlerts(url) }
    }

    private func refillsAlerts(_ url: String) async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.connection.execute(
            """
            INSERT INTO alerts (alert_id, time, device_id, sensor_type, detector, value, score, why, event_id, state, ordinal,
                changed_at)
                SELECT 'alert-' || days, now() - interval '30 days', 'dev-' || days, 't', 'z', 9, 4, 'far', 'e', 'firing', 2,
                    now() - days * interval '1 day'
                FROM unnest('{0,2,6,8}'::integer[]) AS days
            """)
        let configuration = try RedisConfiguration(url: url)
        let session = PostgreSQLSession(fixture.configuration, backoff: Backoff(first: .milliseconds(10)))
        let sink = RedisSink(configuration, source: PostgreSQLCacheSource(session))
        sink.start()
        try await eventually { sink.counters.refills == 1 }
        #expect(sink.counters.refilledAlerts == 3)
        let redis = RedisConnection(configuration)
        redis.start()
        try await eventually { redis.state.isConnected }
        for (days, left) in [(0, 604_800), (2, 432_000), (6, 86_400)] {
            let keys = try await redis.send("KEYS", "alert:dev-\(days):t:*").array ?? []
            let key = try #require(keys.first?.text)
            let seconds = try #require(try await redis.send("TTL", key).integer)
            #expect((left - 300...left).contains(Int(seconds)), "\(days) days old: \(seconds) s left of \(left)")
            let fields = try #require(try await redis.send("HGETALL", key).fields)
            #expect(fields["id"] == "alert-\(days)" && fields["state"] == "firing" && fields["why"] == "far")
        }
        let old = try await redis.send("KEYS", "alert:dev-8:*").array
        #expect(old == [])
        sink.close()
        redis.close()
    }

    @Test func `PostgreSQL away while refilling: said so, and tried again`() async throws {
        try await withRedis { url in try await retriesRefill(url) }
    }

    private func retriesRefill(_ url: String) async throws {
        let source = ListedSource()
        source.isAway = true
        let sink = RedisSink(try RedisConfiguration(url: url), source: source, refillRetry: .milliseconds(50))
        sink.start()
        try await eventually { source.asked >= 2 }
        #expect(sink.status == .degraded("cannot refill Redis: Away()"))
        source.isAway = false
        try await eventually { sink.counters.refills == 1 && sink.status == .ok }
        sink.close()
    }
}

/// Waits for a condition, not for a time.
@IOThread
func eventually(
    _ condition: @IOThread () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        try #require(
            ContinuousClock.now < deadline, "the condition did not come true within 30 s",
            sourceLocation: sourceLocation)
        await EventLoop.sleep(for: .milliseconds(5))
    }
}
