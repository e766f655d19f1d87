internal import IOLoop
internal import Model
internal import PostgreSQL

/// Reads back from PostgreSQL what Redis is to show. On a session of its own, so that storing never waits for it.
@IOThread
final class PostgreSQLCacheSource: CacheSource {
    private let session: PostgreSQLSession

    /// Small pages: Redis merges one while its other clients wait.
    private static let sensorsPerPage: Int32 = 25
    private static let alertsPerPage: Int32 = 200

    init(_ session: PostgreSQLSession) {
        self.session = session
    }

    func close() {
        session.close()
    }

    /// - Throws: ``PostgreSQLError``, and what `body` throws.
    func forEachPage(
        since start: Timestamp, limit: Int, _ body: @IOThread ([CachedSeries]) async throws -> Void
    ) async throws {
        var first: Int32 = 0
        while let next = try await firstSensor(from: first) {
            first = next + Self.sensorsPerPage
            let rows = try await session.connection().query(
                Self.lastReadings,
                [.int32(next), .int32(first), .timestamp(start), .int32(Int32(limit))])
            if !rows.isEmpty { try await body(Self.series(rows)) }
        }
    }

    func forEachAlertPage(since start: Timestamp, _ body: @IOThread ([Alert]) async throws -> Void) async throws {
        var after = (time: start, id: "")
        while true {
            let rows = try await session.connection().query(
                Self.alertsAfter, [.timestamp(after.time), .text(after.id), .int32(Self.alertsPerPage)])
            let alerts = (0..<rows.count).map { Self.alert(rows, $0) }
            guard let last = alerts.last else { return }
            try await body(alerts)
            after = (last.timestamp, last.id)
        }
    }

    /// Ids have gaps; a page of none is not asked for.
    private func firstSensor(from id: Int32) async throws -> Int32? {
        let rows = try await session.connection().query(
            "SELECT sensor_id FROM sensors WHERE sensor_id >= $1 ORDER BY sensor_id LIMIT 1", [.int32(id)])
        return rows.isEmpty ? nil : Int32(rows.integer(0, 0))
    }

    /// The limit is taken within each sensor, where the index has the order.
    private static let lastReadings = PreparedStatement(
        name: "cache_last_readings",
        sql: """
            SELECT
                s.device_id, s.sensor_type, r.time, p.name || '-' || r.sequence || '-' || r.position, r.value, u.unit,
                coalesce(r.quality, 1::real), r.anomaly_score, r.location, r.metadata
            FROM sensors s
            CROSS JOIN LATERAL (
                SELECT * FROM reading_rows WHERE sensor_id = s.sensor_id AND time >= $3 ORDER BY time DESC LIMIT $4
            ) r
            JOIN producers p ON p.producer_id = r.producer_id
            JOIN units u ON u.unit_id = r.unit_id
            WHERE s.sensor_id >= $1 AND s.sensor_id < $2
            ORDER BY s.sensor_id, r.time, r.sequence, r.position
            """)

    private static let alertsAfter = PreparedStatement(
        name: "cache_alerts_after",
        sql: """
            SELECT
                alert_id, device_id, sensor_type, unit, value, time, detector, score, threshold, expected_low,
                expected_high, why, location
            FROM alerts WHERE (time, alert_id) > ($1, $2) ORDER BY time, alert_id LIMIT $3
            """)

    private static func series(_ rows: PostgreSQLRows) -> [CachedSeries] {
        var series: [CachedSeries] = []
        for row in 0..<rows.count {
            let name = SensorName(device: rows.text(row, 0), sensor: rows.text(row, 1))
            if series.last.map({ SensorName(device: $0.device, sensor: $0.sensor) }) != name {
                series.append(CachedSeries(device: name.device, sensor: name.sensor, readings: []))
            }
            series[series.count - 1].readings.append(reading(rows, row))
        }
        return series
    }

    private static func reading(_ rows: PostgreSQLRows, _ row: Int) -> CachedReading {
        CachedReading(
            timestamp: rows.timestamp(row, 2), eventID: rows.text(row, 3), value: rows.double(row, 4),
            unit: rows.text(row, 5), quality: rows.double(row, 6),
            anomalyScore: rows.isNull(row, 7) ? nil : rows.double(row, 7), location: rows.optionalText(row, 8),
            metadata: rows.optionalText(row, 9))
    }

    private static func alert(_ rows: PostgreSQLRows, _ row: Int) -> Alert {
        let anomaly = Anomaly(
            row: 0, detector: rows.text(row, 6), score: rows.double(row, 7), threshold: rows.double(row, 8),
            expectedLow: rows.double(row, 9), expectedHigh: rows.double(row, 10), why: rows.text(row, 11))
        return Alert(
            id: rows.text(row, 0), device: rows.text(row, 1), sensor: rows.text(row, 2), unit: rows.text(row, 3),
            value: rows.double(row, 4), timestamp: rows.timestamp(row, 5), anomaly: anomaly,
            location: rows.optionalText(row, 12))
    }
}
