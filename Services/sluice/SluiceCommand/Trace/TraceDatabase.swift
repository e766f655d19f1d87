import ArgumentParser
import DeadLetters
import IOLoop
import Model
import PostgreSQL

/// What PostgreSQL knows of a reading.
@IOThread
struct TraceDatabase {
    let connection: PostgreSQLConnection

    /// The reading or dead letter of an event, else the newest of each sensor and the newest dead letter.
    func find(_ subject: TraceSubject) async throws -> [Trace] {
        try await readings(subject) + deadLetters(subject)
    }

    private func readings(_ subject: TraceSubject) async throws -> [Trace] {
        let sensors = try await connection.query(
            """
            SELECT sensor_id FROM sensors WHERE device_id = $1 AND ($2::text IS NULL OR sensor_type = $2)
            ORDER BY sensor_type
            """, [.text(subject.device), subject.sensor.map { .text($0) } ?? .null])
        var found: [Trace] = []
        for sensor in 0..<sensors.count {
            found += try await newest(Int32(sensors.integer(sensor, 0)), subject)
        }
        return found
    }

    private func newest(_ sensor: Int32, _ subject: TraceSubject) async throws -> [Trace] {
        var arguments: [PostgreSQLParameter] = [.int32(sensor)]
        var condition = ""
        if let event = subject.event {
            condition = """
                AND r.sequence = $2 AND r.position = $3
                AND r.producer_id = (SELECT producer_id FROM producers WHERE name = $4)
                """
            arguments += [
                .int64(Int64(event.identity.sequence)), .int32(Int32(bitPattern: event.position)),
                .text(event.identity.producer),
            ]
        } else if let time = subject.time {
            condition = "AND r.time <= $2"
            arguments.append(.timestamp(time))
        }
        let rows = try await connection.query(
            """
            SELECT p.name || '-' || r.sequence || '-' || r.position, s.device_id, s.sensor_type, r.time, r.value, u.unit,
                r.tableoid::regclass::text, r.received_at, r.processed_at, coalesce(r.quality, 1)::float8,
                r.anomaly_score::float8, t.route
            FROM reading_rows r JOIN sensors s USING (sensor_id) JOIN producers p USING (producer_id)
            JOIN units u USING (unit_id) LEFT JOIN routes t USING (route_id)
            WHERE r.sensor_id = $1 \(condition) ORDER BY r.time DESC, r.producer_id DESC, r.sequence DESC, r.position DESC
            LIMIT 1
            """, arguments)
        return rows.isEmpty ? [] : [Trace(stored: rows)]
    }

    private func deadLetters(_ subject: TraceSubject) async throws -> [Trace] {
        // Of a device its newest dead letter is shown only when no sensor is asked for: which it was of, nobody knows.
        guard subject.sensor == nil || subject.event != nil else { return [] }
        var filter = try DeadLetterFilter.parse([])
        filter.device = [subject.device]
        if let event = subject.event { filter.ids = ["\(event)"] }
        filter.to = subject.time.map { TimeOption(timestamp: Timestamp(microseconds: $0.microseconds + 1)) }
        let table = DeadLetterTable(connection: connection)
        guard let letter = try await table.list(filter, all: true, limit: 1).first else { return [] }
        let route = try await connection.query(
            "SELECT route FROM dead_letters WHERE dead_letter_id = $1", [.int64(letter.id)])
        return [
            Trace(
                eventID: letter.eventID, device: letter.device ?? subject.device, time: letter.receivedAt,
                route: Self.names(route.isEmpty ? nil : route.optionalText(0, 0)), deadLetter: letter)
        ]
    }

    fileprivate nonisolated static func names(_ route: String?) -> [String]? {
        route.map { $0.split(separator: " ").map(String.init) }
    }

    /// Adds the windows that hold the reading, and what it raised.
    func complete(_ trace: inout Trace) async throws {
        guard trace.row != nil, let sensor = trace.sensor, let time = Timestamp(iso8601: trace.time) else { return }
        let arguments: [PostgreSQLParameter] = [.text(trace.device), .text(sensor), .timestamp(time)]
        let windows = try await connection.query(
            """
            SELECT w.name, w.bucket, w.reading_count, w.avg_value FROM (
                SELECT 1 AS place, 'rollup_1m' AS name, * FROM rollup_1m
                    WHERE bucket = date_trunc('minute', $3, 'UTC') AND device_id = $1 AND sensor_type = $2
                UNION ALL SELECT 2, 'rollup_1h', * FROM rollup_1h
                    WHERE bucket = date_trunc('hour', $3, 'UTC') AND device_id = $1 AND sensor_type = $2
                UNION ALL SELECT 3, 'rollup_1d', * FROM rollup_1d
                    WHERE bucket = date_trunc('day', $3, 'UTC') AND device_id = $1 AND sensor_type = $2) AS w
            ORDER BY w.place
            """, arguments)
        trace.windows = (0..<windows.count).map {
            Trace.Window(
                table: windows.text($0, 0), bucket: windows.timestamp($0, 1).iso8601,
                readings: Int(windows.integer($0, 2)), average: windows.double($0, 3))
        }
        trace.anomalies = try await ids(Self.anomalies, arguments + [.text(trace.eventID)])
        trace.alerts = try await ids(Self.alerts, arguments + [.text(trace.eventID)])
    }
}

extension TraceDatabase {
    private func ids(_ sql: String, _ arguments: [PostgreSQLParameter]) async throws -> [String] {
        let rows = try await connection.query(sql, arguments)
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    private nonisolated static let anomalies = """
        SELECT anomaly_id FROM anomalies WHERE device_id = $1 AND sensor_type = $2 AND time = $3 AND event_id = $4 ORDER BY 1
        """

    /// Those that an anomaly of the reading opened, or that went on when it was measured.
    private nonisolated static let alerts = """
        SELECT DISTINCT a.alert_id FROM anomalies n JOIN alerts a USING (device_id, sensor_type, detector)
        WHERE n.device_id = $1 AND n.sensor_type = $2 AND n.time = $3 AND n.event_id = $4
            AND (a.event_id = n.event_id OR (coalesce(a.resolved_at, 'infinity') >= n.time
                AND n.time >= (SELECT min(at) FROM alert_transitions t WHERE t.alert_id = a.alert_id)))
        ORDER BY 1
        """
}

extension Trace {
    fileprivate init(stored rows: PostgreSQLRows) {
        self.init(
            eventID: rows.text(0, 0), device: rows.text(0, 1), sensor: rows.text(0, 2),
            time: rows.timestamp(0, 3).iso8601, value: rows.double(0, 4), unit: rows.text(0, 5),
            route: TraceDatabase.names(rows.optionalText(0, 11)),
            row: Row(
                table: rows.text(0, 6), receivedAt: rows.timestamp(0, 7).iso8601,
                processedAt: rows.isNull(0, 8) ? nil : rows.timestamp(0, 8).iso8601, quality: rows.double(0, 9),
                anomalyScore: rows.isNull(0, 10) ? nil : rows.double(0, 10)))
    }
}
