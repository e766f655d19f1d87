import IOLoop
import PostgreSQL
import Schema
import TestServers
import Testing

/// Migration 15, over a database of the version before.
@IOThread
struct AlertMigrationTests {
    private static let row = """
        alert_id, time, device_id, sensor_type, detector, value, unit, score, threshold, expected_low, expected_high, why,
        location, event_id
        """
    private static let insert = """
        INSERT INTO alerts (\(row)) SELECT 'alert-' || n, now(), 'd', 't', 'z', n, 'C', 4, 3, 0, 1, 'far', '{"lat": 1}', 'e-' || n
        """

    private func migrated() async throws -> PostgreSQLConnection {
        let url = try await TestServers.shared.postgreSQLURL()
        let connection = try await PostgreSQLConnection.connect(.init(url: url, applicationName: "tests"))
        try await Migrations.apply(Migrations.all.filter { $0.number < 15 }, on: connection)
        try await connection.execute(
            """
            \(Self.insert) FROM generate_series(1, 3) n;
            INSERT INTO alert_transitions (alert_id, from_state, to_state, at, actor, note) VALUES
                ('alert-2', 'seen', 'closed', now(), 'ada', 'valve'), ('alert-2', 'open', 'seen', now() - interval '1 hour', 'ada', NULL)
            """)
        let ran = try await Migrations.apply(on: connection)
        #expect(ran.first?.number == 15)
        return connection
    }

    @Test func `what detectors found is in anomalies, and what people noted goes along`() async throws {
        let connection = try await migrated()
        let anomalies = try await connection.query(
            "SELECT string_agg(concat_ws(' ', anomaly_id, value, location, event_id), ', ' ORDER BY 1) FROM anomalies")
        #expect(
            anomalies.text(0, 0)
                == #"alert-1 1 {"lat": 1} e-1, alert-2 2 {"lat": 1} e-2, alert-3 3 {"lat": 1} e-3"#)
        let alerts = try await connection.query("SELECT alert_id || ' ' || state || ' ' || ordinal FROM alerts")
        #expect(alerts.count == 1 && alerts.text(0, 0) == "alert-2 resolved 2")
        let notes = try await connection.query(
            "SELECT string_agg(concat_ws(' ', ordinal, to_state, actor, note), ', ' ORDER BY ordinal) FROM alert_transitions"
        )
        #expect(notes.text(0, 0) == "1 resolved ada (open to seen), 2 resolved ada valve (seen to closed)")
    }

    @Test func `a storage-writer of the version before goes on, and opens no alert`() async throws {
        let connection = try await migrated()
        try await connection.execute("\(Self.insert) FROM generate_series(4, 5) n ON CONFLICT DO NOTHING")
        let rows = try await connection.query(
            "SELECT count(*) FROM alerts WHERE alert_id > 'alert-3' AND state = 'resolved' AND ordinal = 0")
        #expect(rows.integer(0, 0) == 2)
    }

    @Test func `no series has two open alerts of one detector`() async throws {
        let connection = try await migrated()
        let open = "INSERT INTO alerts (alert_id, time, device_id, sensor_type, detector, why, event_id, state) VALUES"
        try await connection.execute("\(open) ('a', now(), 'd', 't', 'z', '', 'e', 'firing')")
        let error = await #expect(throws: PostgreSQLError.self) {
            try await connection.execute("\(open) ('b', now(), 'd', 't', 'z', '', 'e', 'pending')")
        }
        #expect(error?.constraint == "alerts_open")
    }
}
