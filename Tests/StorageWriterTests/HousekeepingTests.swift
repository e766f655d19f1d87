import IOLoop
import Logging
import Model
import Observability
import PostgreSQL
import Settings
import Testing

@testable import StorageWriter

@IOThread
struct HousekeepingTests {
    @Test func `below the low-water mark deliveries are deleted, and a zombie's batch is refused`() async throws {
        let fixture = try await StoreFixture.make()
        let (sink, zombie) = (fixture.sink(), fixture.sink())
        for sequence in 1...9 as ClosedRange<UInt64> {
            var batch = ReadingBatch.sample(sequence: sequence, devices: 5)
            batch.lowWater = sequence - 1
            _ = try await sink.store([batch])
        }
        let marks = LowWaterMarks()
        try await marks.raise(to: sink.lowWater, on: fixture.connection)
        #expect(try await fixture.number("SELECT min(sequence) FROM deliveries") == 8)
        #expect(try await fixture.number("SELECT low_water FROM producers") == 8)
        let late = try await zombie.store([.sample(sequence: 7, devices: 5)])
        #expect(late.freshReadings == 0 && late.duplicates == 5)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 45)
    }

    @Test func `a low-water mark never goes back`() async throws {
        let fixture = try await StoreFixture.make()
        _ = try await fixture.sink().store([.sample(sequence: 1)])
        try await LowWaterMarks().raise(to: ["p": 5], on: fixture.connection)
        try await LowWaterMarks().raise(to: ["p": 3], on: fixture.connection)
        #expect(try await fixture.number("SELECT low_water FROM producers") == 5)
    }

    @Test func `partitions are there before their day begins`() async throws {
        let fixture = try await StoreFixture.make()
        for _ in 1...2 { try await ReadingDays().makeAhead(7, from: .now(), on: fixture.connection) }
        #expect(
            try await fixture.number(
                "SELECT count(*) FROM reading_days WHERE day - (now() AT TIME ZONE 'UTC')::date BETWEEN 0 AND 7") == 8)
    }

    @Test func `retention drops old days, but none that the rollups have not seen`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        let now = Timestamp(seconds: 1_795_000_000)
        for (sequence, days) in [1, 9, 10, 11, 12].enumerated() {
            let start = now.advanced(by: .seconds(-86_400 * days))
            _ = try await sink.store([.sample(sequence: UInt64(sequence) + 1, devices: 2, at: start)])
        }
        let retention = Retention(keep: .seconds(86_400 * 10))
        #expect(try await retention.run(at: now, on: fixture.connection).dropped == [])
        try await fixture.connection.execute("DELETE FROM rollup_tokens WHERE token <> 4")
        #expect(try await retention.run(at: now, on: fixture.connection).dropped == ["20261106"])
        try await fixture.connection.execute("DELETE FROM rollup_tokens")
        #expect(try await retention.run(at: now, on: fixture.connection).dropped == ["20261107"])
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 6)
    }

    @Test func `old readings are dropped though alerts, and what is kept of deliveries, cannot be`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        _ = try await sink.store([.sample(at: Timestamp.now().advanced(by: .seconds(-86_400 * 20)))])
        try await fixture.connection.execute(
            "DELETE FROM rollup_tokens; DROP TABLE alerts CASCADE; DROP TABLE delivery_accounts CASCADE")
        let yaml = "storage_writer: { retention: 10d, alert_retention: 10d }"
        let registry = MetricsRegistry()
        let housekeeping = Housekeeping(
            session: PostgreSQLSession(fixture.configuration), sink: sink,
            configuration: try SettingsDocument(yaml: yaml, environment: [:], overrides: [])
                .decode(StorageWriterConfiguration.self),
            metrics: StorageWriterMetrics(registry: registry, logger: Logger(label: "tests")))
        housekeeping.start()
        try await eventually {
            registry.prometheusText().contains(#"sluice_errors_total{error_type="housekeeping_failed"} 2"#)
        }
        await housekeeping.stop()
        #expect(registry.prometheusText().contains("sluice_retention_dropped_partitions_total 1\n"))
    }

    @Test func `alerts that are over for long are deleted with their steps, and no others`() async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.connection.execute(
            """
            INSERT INTO alerts (alert_id, time, device_id, sensor_type, detector, why, event_id, state, changed_at, created_at)
            SELECT name, now(), name, 't', 'd', 'why', name, state, now() - changed * interval '1 day',
                now() - created * interval '1 day'
            FROM (VALUES ('old', 'resolved', 11, 12), ('older', 'resolved', 20, 20), ('young', 'resolved', 9, 12),
                ('recorded lately', 'resolved', 400, 9), ('open', 'firing', 30, 30)) AS a (name, state, changed, created);
            INSERT INTO alert_transitions (alert_id, to_state, ordinal) SELECT alert_id, 'firing', 1 FROM alerts;
            INSERT INTO alert_acknowledgements (alert_id, actor) VALUES ('old', 'ada')
            """)
        let retention = AlertRetention(keep: .seconds(86_400 * 10), pageSize: 1)
        for expected in [1, 1, 0] {
            #expect(try await retention.run(at: .now(), on: fixture.connection) == expected)
        }
        #expect(
            try await fixture.text("SELECT string_agg(alert_id, ', ' ORDER BY alert_id COLLATE \"C\") FROM alerts")
                == "open, recorded lately, young")
        #expect(try await fixture.number("SELECT count(*) FROM alert_transitions") == 3)
        #expect(try await fixture.number("SELECT count(*) FROM alert_acknowledgements") == 0)
    }

    @Test func `readings of a day that retention has dropped are dead letters`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        let now = Timestamp(seconds: 1_795_000_000)
        _ = try await Retention(keep: .seconds(86_400 * 10)).run(at: now, on: fixture.connection)
        let old = ReadingBatch.sample(sequence: 1, devices: 3, at: now.advanced(by: .seconds(-86_400 * 11)))
        let commit = try await sink.store([old, .sample(sequence: 2, devices: 2)])
        #expect(commit.freshReadings == 2 && commit.refused == [.olderThanRetention: 3])
        #expect(
            try await fixture.number("SELECT count(*) FROM dead_letters WHERE reason = 'older_than_retention'") == 3)
        _ = try await sink.store([old])
        #expect(try await fixture.number("SELECT count(*) FROM dead_letters") == 3)
        #expect(try await fixture.number("SELECT count(*) FROM reading_days WHERE day < '2026-11-10'") == 0)
    }

    @Test func `a drop that was interrupted is finished at the next turn`() async throws {
        let fixture = try await StoreFixture.make()
        let now = Timestamp(seconds: 1_795_000_000)
        let old = ReadingBatch.sample(sequence: 1, devices: 2, at: now.advanced(by: .seconds(-86_400 * 20)))
        _ = try await fixture.sink().store([old])
        try await fixture.connection.execute("DELETE FROM rollup_tokens")
        try await fixture.connection.execute("ALTER TABLE reading_rows DETACH PARTITION reading_rows_20261029")
        let dropped = try await Retention(keep: .seconds(86_400 * 10)).run(at: now, on: fixture.connection).dropped
        #expect(dropped == ["20261029"])
        #expect(try await fixture.text("SELECT to_regclass('reading_rows_20261029')::text") == nil)
    }

    /// As the owner of the tables and as a role that only writes.
    @Test(arguments: [false, true])
    func `a day that somebody reads is dropped later, and nothing stops meanwhile`(ownsNothing: Bool) async throws {
        let fixture = try await StoreFixture.make()
        let now = Timestamp(seconds: 1_795_000_000)
        let sink = fixture.sink()
        let old = ReadingBatch.sample(sequence: 1, devices: 2, at: now.advanced(by: .seconds(-86_400 * 20)))
        _ = try await sink.store([old])
        try await fixture.connection.execute("DELETE FROM rollup_tokens")
        let connection = ownsNothing ? try await fixture.writer() : fixture.connection
        try await connection.execute("SET lock_timeout = '30s'")
        // As pg_dump does it: every table is locked for as long as it takes.
        let dump = try await PostgreSQLConnection.connect(fixture.configuration)
        try await dump.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM readings")
        async let storing = Self.longestStore(50, sink)
        let retention = Retention(keep: .seconds(86_400 * 10))
        let outcome = try await retention.run(at: now, on: connection)
        #expect(outcome.dropped.isEmpty && outcome.busy == "20261029")
        #expect(connection.isOpen)
        #expect(try await connection.query("SHOW lock_timeout").text(0, 0) == "30s")
        let longest = try await storing
        #expect(longest < .seconds(1), "a batch waited for \(longest)")
        try await dump.execute("COMMIT")
        #expect(try await retention.run(at: now, on: connection).dropped == ["20261029"])
        #expect(try await connection.query("SHOW lock_timeout").text(0, 0) == "30s")
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 100)
        dump.close()
    }

    /// - Returns: how long the slowest took.
    private static func longestStore(_ count: Int, _ sink: PostgreSQLSink) async throws -> Duration {
        var longest = Duration.zero
        for sequence in 0..<count {
            let duration = try await ContinuousClock().measure {
                _ = try await sink.store([.sample(sequence: UInt64(sequence) + 2, devices: 2)])
            }
            longest = max(longest, duration)
        }
        return longest
    }

    @Test func `what an owner began to detach, a role that only writes finishes`() async throws {
        let fixture = try await StoreFixture.make()
        let now = Timestamp(seconds: 1_795_000_000)
        let old = ReadingBatch.sample(sequence: 1, devices: 2, at: now.advanced(by: .seconds(-86_400 * 20)))
        _ = try await fixture.sink().store([old])
        try await fixture.connection.execute("DELETE FROM rollup_tokens")
        let reader = try await PostgreSQLConnection.connect(fixture.configuration)
        try await reader.execute("BEGIN; SELECT count(*) FROM readings")
        try await fixture.connection.execute("SET lock_timeout = '50ms'")
        await #expect(throws: PostgreSQLError.self) {
            try await fixture.connection.execute(
                "ALTER TABLE reading_rows DETACH PARTITION reading_rows_20261029 CONCURRENTLY")
        }
        try await reader.execute("COMMIT")
        #expect(try await fixture.number("SELECT count(*) FROM pg_inherits WHERE inhdetachpending") == 1)
        let dropped = try await Retention(keep: .seconds(86_400 * 10)).run(at: now, on: try await fixture.writer())
        #expect(dropped.dropped == ["20261029"])
        #expect(try await fixture.text("SELECT to_regclass('reading_rows_20261029')::text") == nil)
        reader.close()
    }
}
