internal import AlertRecords
internal import IOLoop
internal import Model
internal import PostgreSQL

/// Reads back from PostgreSQL what Redis is to show. On a session of its own, so that storing never waits for it.
@IOThread
final class PostgreSQLCacheSource: CacheSource {
    private let session: PostgreSQLSession

    /// Small pages: Redis merges one while its other clients wait.
    private static let sensorsPerPage: Int32 = 25
    private static let alertsPerPage = 200

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

    func forEachAlertPage(
        since start: Timestamp, _ body: @IOThread ([AlertRecord]) async throws -> Void
    ) async throws {
        var place = (at: start, id: "")
        while true {
            let table = AlertTable(connection: try await session.connection())
            let alerts = try await table.changed(after: place, limit: Self.alertsPerPage)
            guard let last = alerts.last else { return }
            try await body(alerts)
            place = (last.changedAt, last.id)
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
}
