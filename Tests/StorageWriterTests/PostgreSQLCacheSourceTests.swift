import AlertRecords
import IOLoop
import Model
import PostgreSQL
import Schema
import TestServers
import Testing

@testable import StorageWriter

@IOThread
struct PostgreSQLCacheSourceTests {
    private func filledSession(_ url: String) async throws -> PostgreSQLSession {
        let session = PostgreSQLSession(PostgreSQLConfiguration(url: url, applicationName: "cache source test"))
        let connection = try await session.connection()
        _ = try await Migrations.apply(on: connection)
        _ = try await connection.execute(
            """
            INSERT INTO producers (name) VALUES ('producer');
            INSERT INTO units (unit) VALUES ('C');
            INSERT INTO sensors (device_id, sensor_type) SELECT 'dev-' || i, 'temperature' FROM generate_series(1, 60) i;
            SELECT make_reading_day(d::date) FROM generate_series(date '2026-03-01', date '2026-03-02', '1 day') d;
            INSERT INTO reading_rows (time, received_at, value, sequence, sensor_id, producer_id, position, unit_id)
                SELECT timestamptz '2026-03-01T23:59:00Z' + i * interval '1 second', now(), i, i, 1, 1, 0, 1
                FROM generate_series(1, 150) i;
            INSERT INTO reading_rows (time, received_at, value, sequence, sensor_id, producer_id, position, unit_id,
                quality, anomaly_score, location, metadata)
                VALUES ('2026-03-02T00:00:00.25Z', now(), 7, 1000, 60, 1, 3, 1, 0.5, 0.25, '{"lat": 1.5}', '{"a": 1}'),
                    ('2026-03-01T12:00:00Z', now(), 8, 1001, 2, 1, 0, 1, NULL, NULL, NULL, NULL);
            INSERT INTO alerts (alert_id, time, device_id, sensor_type, detector, why, event_id, changed_at)
                SELECT 'alert-' || i, '2026-03-01T00:00:00Z', 'dev-1', 'temperature', 'z', 'far', 'e', '2026-03-02T00:00:00Z'
                FROM generate_series(1, 450) i;
            """)
        return session
    }

    @Test func `the last readings of each series come in pages, oldest first`() async throws {
        try await withPostgreSQL { url in try await readsSeries(url) }
    }

    private func readsSeries(_ url: String) async throws {
        let source = PostgreSQLCacheSource(try await filledSession(url))
        var series: [CachedSeries] = []
        let start = try #require(Timestamp(iso8601: "2026-03-01T23:30:00.000000Z"))
        try await source.forEachPage(since: start, limit: 100) { series += $0 }
        #expect(series.map(\.device) == ["dev-1", "dev-60"])
        #expect(series[0].readings.map(\.value) == (51...150).map(Double.init))
        #expect(series[0].readings.last?.eventID == "producer-150-0")
        let rich = CachedReading(
            timestamp: Timestamp(microseconds: 1_772_409_600_250_000), eventID: "producer-1000-3", value: 7, unit: "C",
            quality: 0.5, anomalyScore: 0.25, location: #"{"lat": 1.5}"#, metadata: #"{"a": 1}"#)
        #expect(series[1].readings == [rich])
    }

    @Test func `alerts come in pages, each once`() async throws {
        try await withPostgreSQL { url in try await readsAlerts(url) }
    }

    private func readsAlerts(_ url: String) async throws {
        let source = PostgreSQLCacheSource(try await filledSession(url))
        var pages: [[AlertRecord]] = []
        let start = try #require(Timestamp(iso8601: "2026-03-01T23:30:00.000000Z"))
        try await source.forEachAlertPage(since: start) { pages.append($0) }
        #expect(pages.map(\.count) == [200, 200, 50])
        #expect(Set(pages.joined().map(\.id)).count == 450)
        #expect(pages.first?.first?.why == "far")
    }
}
