import IOLoop
import Model
import PostgreSQL
import Testing

@testable import StorageWriter

@IOThread
struct PostgreSQLSinkTests {
    @Test func `a reading comes back through the view as it went in`() async throws {
        let fixture = try await StoreFixture.make()
        var batch = ReadingBatch.sample(producer: "spool-a", sequence: 7, devices: 2)
        batch.processedAt = Timestamp(microseconds: 1_795_000_006_000_001)
        batch.pipelineVersion = "3"
        batch.quality = [1, 0.5]
        batch.anomalyScore = [0, 0.25]
        batch.locations = [SparseText(row: 1, text: #"{"lat": 47.4}"#)]
        batch.metadata = [SparseText(row: 1, text: #"{"site": "north"}"#)]
        batch.flags = [SparseFlags(row: 1, flags: .retained)]
        let commit = try await fixture.sink().store([batch])
        #expect(commit.fresh == [batch] && commit.duplicates == 0)
        let json = try await fixture.text("SELECT to_jsonb(r)::text FROM readings r WHERE device_id = 'device-1'")
        #expect(
            json == """
                {"time": "2026-11-18T11:06:41+00:00", "unit": "°C", "value": 1.5, "quality": 0.5, \
                "event_id": "spool-a-7-1", "location": {"lat": 47.4}, "metadata": {"site": "north", \
                "processed_at": "2026-11-18T11:06:46.000001Z", "mqtt_retained": true, "pipeline_version": "3"}, \
                "device_id": "device-1", "received_at": "2026-11-18T11:06:45+00:00", "sensor_type": "temperature", \
                "anomaly_score": 0.25}
                """)
        #expect(try await fixture.number("SELECT count(*) FROM readings WHERE quality = 1") == 1)
        #expect(try await fixture.number("SELECT count(*) FROM devices") == 2)
    }

    @Test func `the same batch twice is stored once, in one group and in the next`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        let batch = ReadingBatch.sample()
        let first = try await sink.store([batch, batch])
        #expect(first.freshReadings == 20 && first.duplicates == 20)
        let second = try await sink.store([batch])
        #expect(second.freshReadings == 0 && second.duplicates == 20 && second.rollupToken == nil)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 20)
    }

    @Test func `two writers given the same batches split differently store each reading once`() async throws {
        let fixture = try await StoreFixture.make()
        let batches = (1...30).map { ReadingBatch.sample(sequence: UInt64($0), devices: 50) }
        let left = batches.flatMap { $0.halves { $0.rawValue < 11 } }
        let right = batches.flatMap { $0.halves { $0.rawValue % 2 == 0 } }
        let writers = [left, right, batches.reversed()].map { parts in
            let sink = fixture.sink()
            return Task { try await Self.storeAll(parts, in: 7, through: sink) }
        }
        var fresh = 0
        for writer in writers { fresh += try await writer.value }
        #expect(fresh == 1_500)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 1_500)
        #expect(try await fixture.number("SELECT count(DISTINCT event_id) FROM readings") == 1_500)
    }

    private static func storeAll(
        _ batches: [ReadingBatch], in groupSize: Int, through sink: PostgreSQLSink
    ) async throws -> Int {
        var fresh = 0
        for start in stride(from: 0, to: batches.count, by: groupSize) {
            let group = Array(batches[start..<min(start + groupSize, batches.count)])
            fresh += try await sink.session.retrying { _ in try await sink.store(group).freshReadings }
        }
        return fresh
    }

    @Test func `one token covers the sensors and minutes of a transaction`() async throws {
        let fixture = try await StoreFixture.make()
        let commit = try await fixture.sink().store([.series(sequence: 1, count: 3), .series(sequence: 2, count: 3)])
        let token = try #require(commit.rollupToken)
        let row = try await fixture.connection.query("SELECT token, sensor_ids, minutes FROM rollup_tokens")
        #expect(row.count == 1 && row.integer(0, 0) == token)
        #expect(row.int32s(0, 1) == [1] && row.int32s(0, 2) == [Int32(1_795_000_000 / 60)])
    }

    @Test func `dead letters and anomalies are stored with the batch, once`() async throws {
        let fixture = try await StoreFixture.make()
        var batch = ReadingBatch.sample(producer: "p", sequence: 5, devices: 3)
        batch.anomalies = [
            Anomaly(
                row: 2, detector: "running-zscore", score: 4, threshold: 3, expectedLow: 0, expectedHigh: 1,
                why: "far off")
        ]
        batch.deadLetters = [
            DeadLetter(
                position: 3, partition: Partition(device: "d", of: .standard), topic: "sensors/d/t",
                payload: [0, 0xff],
                reason: .invalidJSON, detail: "NUL \0 here", stage: "mqtt-ingest", receivedAt: Timestamp(seconds: 1))
        ]
        for _ in 0..<2 { _ = try await fixture.sink().store([batch]) }
        #expect(
            try await fixture.text(
                "SELECT string_agg(anomaly_id || ' ' || device_id || ' ' || score, ',') FROM anomalies")
                == "p-5-2-running-zscore device-2 4")
        #expect(try await fixture.number("SELECT count(*) FROM alerts") == 0)
        #expect(
            try await fixture.text(
                "SELECT string_agg(concat_ws(' ', event_id, reason, payload, device_id, detail), ',') FROM dead_letters"
            )
                == "p-5-3 invalid_json \\x00ff d NUL \u{FFFD} here")
    }

    @Test func `the newest word of a device is its status, in whatever order words come`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        func say(_ status: String, _ second: Int64, _ sequence: UInt64, _ attributes: String?) async throws {
            var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: sequence))
            batch.presence = [
                PresenceChange(
                    position: 0, partition: Partition(device: "d", of: .standard), device: "d", status: status,
                    at: Timestamp(seconds: second), attributes: attributes)
            ]
            _ = try await sink.store([batch])
        }
        try await say("online", 100, 1, #"{"location": {"lat": 1}, "firmware": "1.2"}"#)
        try await say("offline", 200, 2, nil)
        try await say("late", 150, 3, #"{"firmware": "0.1"}"#)
        #expect(
            try await fixture.text(
                "SELECT concat_ws(' ', status, location, metadata, extract(epoch FROM last_seen)::int) FROM devices")
                == #"offline {"lat": 1} {"firmware": "1.2"} 200"#)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 0)
    }

    @Test func `rows that PostgreSQL refuses become dead letters with their SQLSTATE, the rest is stored`() async throws
    {
        let fixture = try await StoreFixture.make()
        try await fixture.connection.execute("ALTER TABLE reading_rows ADD CONSTRAINT plausible CHECK (value <> 321)")
        var batch = ReadingBatch.series(count: 1_000)
        batch.metadata = [
            SparseText(row: 17, text: #"{"a": "\u0000"}"#), SparseText(row: 18, text: #"{"a": 1}"#),
            SparseText(row: 900, text: "{broken"),
        ]
        let commit = try await fixture.sink().store([.sample(sequence: 2), batch, .sample(sequence: 3)])
        #expect(commit.refused == [.refusedByPostgreSQL: 3])
        #expect(commit.freshReadings == 20 + 997 + 20)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 1_037)
        #expect(
            try await fixture.text(
                "SELECT string_agg(event_id || ' ' || sqlstate, ', ' ORDER BY dead_letter_id) FROM dead_letters")
                == "p-1-17 22P05, p-1-321 23514, p-1-900 22P02")
        #expect(
            try await fixture.text(
                "SELECT convert_from(payload, 'UTF8')::text FROM dead_letters WHERE sqlstate = '23514'")
                == #"{"value":321.0,"unit":"°C","timestamp":"2026-11-18T11:06:40.321000Z"}"#)
    }

    @Test func `a device name that PostgreSQL refuses takes only its own readings along`() async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.connection.execute(
            "ALTER TABLE sensors ADD CHECK (device_id <> 'device-3'); ALTER TABLE units ADD CHECK (unit <> 'x')")
        var batch = ReadingBatch.sample(devices: 10)
        batch.series[5].unit = "x"
        let commit = try await fixture.sink().store([batch])
        #expect(commit.freshReadings == 8 && commit.refused == [.refusedByPostgreSQL: 2])
        #expect(
            try await fixture.text("SELECT string_agg(topic || sqlstate, ',' ORDER BY topic) FROM dead_letters")
                == "sensors/device-3/temperature23514,sensors/device-5/temperature23514")
    }

    @Test func `readings from 2012 to 2014 find their days`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        for (sequence, day) in stride(from: 15_431, to: 16_161, by: 73).enumerated() {
            let start = Timestamp(seconds: Int64(day) * 86_400 + 86_390)
            _ = try await sink.store([.sample(sequence: UInt64(sequence) + 1, devices: 20, at: start)])
        }
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 200)
        #expect(try await fixture.number("SELECT count(*) FROM reading_days") == 20)
        #expect(
            try await fixture.number(
                "SELECT count(*) FROM reading_rows WHERE tableoid::regclass::text <> 'reading_rows_' || to_char(time, 'YYYYMMDD')"
            ) == 0)
    }

    @Test func `a partition that somebody dropped is made again`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        _ = try await sink.store([.sample(sequence: 1)])
        try await fixture.connection.execute("DROP TABLE reading_rows_20261118")
        #expect(try await sink.store([.sample(sequence: 2)]).freshReadings == 20)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 20)
    }

    @Test func `a backend killed in the middle of a COPY is no loss and no double`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        _ = try await sink.store([.sample(sequence: 1)])
        // Holds the COPY up, so that the kill meets it half way.
        try await fixture.connection.execute("BEGIN; LOCK TABLE ONLY reading_rows_20261118 IN SHARE MODE")
        let storing = Task { try await Self.storeAll([.series(sequence: 2, count: 50_000)], in: 1, through: sink) }
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        let deadline = ContinuousClock.now + .seconds(60)
        while try await fixture.number(waiting) == 0 {
            try #require(ContinuousClock.now < deadline, "nobody waits for the lock")
            await EventLoop.sleep(for: .milliseconds(5))
        }
        let victim = try await sink.session.connection().backendProcess
        try await fixture.connection.query("SELECT pg_terminate_backend($1)", [.int32(victim)])
        try await fixture.connection.execute("COMMIT")
        #expect(try await storing.value == 50_000)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 50_020)
        #expect(try await fixture.number("SELECT count(DISTINCT event_id) FROM readings") == 50_020)
    }
}
