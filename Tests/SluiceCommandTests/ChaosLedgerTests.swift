import IOLoop
import PostgreSQL
import Schema
import TestServers
import Testing

@testable import SluiceCommand

/// What the books of `sluice chaos` say when something is wrong.
@IOThread
struct ChaosLedgerTests {
    private func withLedger(_ body: @IOThread (ChaosLedger) async throws -> Void) async throws {
        try await withPostgreSQL { url in try await open(url, body) }
    }

    private func open(_ url: String, _ body: @IOThread (ChaosLedger) async throws -> Void) async throws {
        let database = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: url, applicationName: "test"))
        defer { database.close() }
        try await Migrations.apply(on: database)
        try await database.execute(
            """
            SELECT make_reading_day('2026-01-01');
            INSERT INTO producers (name) VALUES ('spool');
            INSERT INTO units (unit) VALUES ('C');
            INSERT INTO sensors (device_id, sensor_type) VALUES ('oven', 'temperature');
            INSERT INTO reading_rows (time, received_at, value, sequence, sensor_id, producer_id, position, unit_id, metadata)
            SELECT '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 s', '2026-01-01'::timestamptz + n * interval '1 s',
                n, n, 1, 1, 0, 1, jsonb_build_object('n', n)
            FROM generate_series(1, 50) AS n;
            INSERT INTO rollup_1m_rows
            SELECT 1, '2026-01-01', 50, avg(value), sum((value - 25.5) ^ 2), 1, 50, min(time), 1, max(time), 50 FROM reading_rows;
            INSERT INTO rollup_1h_rows SELECT * FROM rollup_1m_rows;
            INSERT INTO rollup_1d_rows SELECT * FROM rollup_1m_rows
            """)
        try await body(ChaosLedger(database: database))
    }

    private func report(_ ledger: ChaosLedger, sent: Int = 50) async throws -> ChaosReport {
        let drained = try await ledger.drain(sent, within: .milliseconds(100))
        return try await ledger.report([], seed: 1, sent: sent, drained: drained, skipped: 0)
    }

    @Test func `fifty of fifty are clean`() async throws {
        try await withLedger { ledger in
            let report = try await report(ledger)
            #expect(report.isClean && report.stored == 50 && report.reordered == 0, "\(report)")
        }
    }

    @Test func `one that is gone and one that is there twice do not cancel out`() async throws {
        try await withLedger { ledger in
            try await ledger.database.execute(
                "UPDATE reading_rows SET metadata = '{\"n\": 8}' WHERE metadata->>'n' = '7'")
            let report = try await report(ledger)
            #expect(report.lost == 1 && report.duplicated == 1 && !report.isClean, "\(report)")
        }
    }

    @Test func `what never came is lost and not drained`() async throws {
        try await withLedger { ledger in
            let report = try await report(ledger, sent: 52)
            #expect(report.lost == 2 && !report.drained && !report.isClean)
        }
    }

    @Test func `a dead letter is not lost, and not stored`() async throws {
        try await withLedger { ledger in
            try await ledger.database.execute(
                """
                DELETE FROM reading_rows WHERE metadata->>'n' = '9';
                INSERT INTO dead_letters (event_id, reason, detail, stage, topic, payload, received_at)
                VALUES ('e', 'out_of_range', '', 'preprocessor', 't', '{"value":9,"metadata":{"n":9}}', now())
                """)
            let report = try await report(ledger)
            #expect(report.dead == 1 && report.lost == 0 && report.stored == 49)
            // The three windows, and the pattern of its device.
            #expect(report.rollupsUnequal == 4)
        }
    }

    @Test func `a reading that is a dead letter as well is doubled`() async throws {
        try await withLedger { ledger in
            try await ledger.database.execute(
                """
                INSERT INTO dead_letters (event_id, reason, detail, stage, topic, payload, received_at)
                VALUES ('e', 'out_of_range', '', 'preprocessor', 't', '{"value":7,"metadata":{"n":7}}', now())
                """)
            let report = try await report(ledger)
            #expect(report.duplicated == 1 && report.lost == 0 && !report.isClean, "\(report)")
        }
    }

    @Test func `an anomaly that is there twice and a window that is wrong are counted`() async throws {
        try await withLedger { ledger in
            try await ledger.database.execute(
                """
                INSERT INTO anomalies (anomaly_id, time, device_id, sensor_type, detector, value, score, threshold,
                    expected_low, expected_high, why, event_id)
                SELECT 'anomaly-' || n, now(), 'oven', 'temperature', 'zscore', 1, 4, 3, 0, 1, '', 'e' FROM generate_series(1, 3) n;
                UPDATE rollup_1h_rows SET mean = mean + 1e-6
                """)
            let report = try await report(ledger)
            #expect(report.anomaliesDoubled == 2 && report.rollupsUnequal >= 1 && !report.isClean, "\(report)")
        }
    }

    @Test func `one that came after a younger one is reordered, which fails nothing`() async throws {
        try await withLedger { ledger in
            try await ledger.database.execute(
                "UPDATE reading_rows SET received_at = received_at + interval '2.5 s' WHERE metadata->>'n' = '20'")
            let report = try await report(ledger)
            #expect(report.reordered == 1 && report.isClean, "\(report)")
        }
    }

    @Test func `a problem is printed, and is not clean`() async throws {
        try await withLedger { ledger in
            let report = try await ledger.report(
                [], seed: 1, sent: 50, drained: true, skipped: 0, problems: ["not ready"])
            #expect(!report.isClean && report.text.contains("\nnot ready\n"))
        }
    }
}
