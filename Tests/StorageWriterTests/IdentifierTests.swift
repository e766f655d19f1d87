import IOLoop
import Model
import PostgreSQL
import Testing

@testable import StorageWriter

@IOThread
struct IdentifierTests {
    /// U+00E9, and e with U+0301: the same characters in other bytes.
    private let spellings = ["caf\u{e9}", "cafe\u{301}"]

    private func batch(_ names: [(device: String, sensor: String, unit: String)]) -> ReadingBatch {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        for (row, name) in names.enumerated() {
            batch.series.append(
                Series(
                    device: name.device, sensor: name.sensor, unit: name.unit,
                    partition: Partition(device: name.device, of: .standard)))
            batch.appendReading(
                seriesIndex: UInt32(row), timestamp: 1_795_000_000_000_000, value: Double(row), receivedAt: 0,
                position: UInt32(row))
        }
        return batch
    }

    @Test func `devices, sensors and units that differ in bytes alone are stored as what they are`() async throws {
        let fixture = try await StoreFixture.make()
        let batch = batch(
            spellings.flatMap { device in
                spellings.flatMap { sensor in spellings.map { (device, sensor, $0) } }
            })
        let commit = try await fixture.sink().store([batch])
        #expect(commit.freshReadings == 8)
        #expect(try await fixture.number("SELECT count(*) FROM devices") == 2)
        #expect(try await fixture.number("SELECT count(*) FROM sensors") == 4)
        #expect(try await fixture.number("SELECT count(*) FROM units") == 2)
        let rows = try await fixture.connection.query(
            "SELECT device_id, sensor_type, unit FROM readings ORDER BY value")
        for (row, series) in batch.series.enumerated() {
            let stored = [rows.text(row, 0), rows.text(row, 1), rows.text(row, 2)].map { ExactText($0) }
            #expect(stored == [series.device, series.sensor, series.unit].map { ExactText($0) })
        }
    }

    @Test func `the cache and the aggregator are given two series for two spellings`() {
        let batch = batch(spellings.map { ($0, "t", "C") })
        var cached: [ExactText] = []
        CacheWrites([batch]).forEachSeries(limit: 10) { cached.append(ExactText($0.device)) }
        #expect(cached == spellings.map { ExactText($0) })
        let joined = ReadingBatch(joining: [batch, batch], as: batch.identity)
        #expect(joined.series == batch.series && joined.seriesIndex == [0, 1, 0, 1])
    }

    @Test func `two spellings come back from PostgreSQL as two series`() async throws {
        let fixture = try await StoreFixture.make()
        _ = try await fixture.sink().store([batch(spellings.map { ($0, "t", "C") })])
        var found: [ExactText] = []
        let source = PostgreSQLCacheSource(PostgreSQLSession(fixture.configuration))
        try await source.forEachPage(since: Timestamp(seconds: 0), limit: 10) { page in
            found += page.map { ExactText($0.device) }
        }
        #expect(Set(found) == Set(spellings.map { ExactText($0) }))
    }

    /// As when an operator empties tables under a running writer.
    @Test func `a producer that vanished is made again, and nothing passes for a duplicate`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        _ = try await sink.store([.sample(sequence: 1)])
        try await fixture.connection.execute("TRUNCATE producers, deliveries CASCADE")
        let error = await #expect(throws: PostgreSQLError.self) { try await sink.store([.sample(sequence: 2)]) }
        #expect(error?.isRetriable == true && error?.isAboutData == false)
        let again = try await sink.store([.sample(sequence: 2)])
        #expect(again.freshReadings == 20 && again.duplicates == 0)
        let events = "SELECT count(*) FROM readings WHERE event_id LIKE 'p-2-%'"
        #expect(try await fixture.number(events) == 20)
    }

    @Test func `a full catalog starts afresh and gives the same ids`() async throws {
        let fixture = try await StoreFixture.make()
        let catalog = IdentifierCatalog(capacity: 30)
        let first = try await catalog.resolve([.sample(devices: 20)], on: fixture.connection)
        _ = try await catalog.resolve([.sample(devices: 60)], on: fixture.connection)
        #expect(catalog.count == 60)
        let again = try await catalog.resolve([.sample(devices: 20)], on: fixture.connection)
        #expect(catalog.count == 20)
        #expect(again[0].sensors == first[0].sensors)
    }
}
