import Glibc
import IOLoop
import LocalServers
import Model
import PostgreSQL
import TestServers
import Testing

@testable import StorageWriter

@IOThread
struct CrashTests {
    @Test func `kill -9 of the backend in the middle of a COPY takes PostgreSQL down, and nothing is lost or doubled`()
        async throws
    {
        try await withPrivatePostgreSQL(durability: .durable) { running in
            let server = try #require(running.server as? PostgreSQLServer)
            let fixture = try await StoreFixture.make(url: server.url)
            let sink = fixture.sink()
            _ = try await sink.store([.sample(sequence: 1)])
            // Holds the COPY up, so that the kill meets it half way.
            try await fixture.connection.execute("BEGIN; LOCK TABLE ONLY reading_rows_20261118 IN SHARE MODE")
            let storing = Task { try await Self.store(.series(sequence: 2, count: 50_000), through: sink) }
            let victim = try await Self.waitingBackend(seenBy: fixture)
            #expect(kill(victim, SIGKILL) == 0)
            let fresh = try await storing.value
            #expect(fresh == 50_000)
            let after = try await StoreFixture.make(url: server.url)
            let stored = try await after.number("SELECT count(*) FROM readings")
            let distinct = try await after.number("SELECT count(DISTINCT event_id) FROM readings")
            #expect(stored == 50_020 && distinct == 50_020)
        }
    }

    private static func store(_ batch: ReadingBatch, through sink: PostgreSQLSink) async throws -> Int {
        try await sink.session.retrying { _ in try await sink.store([batch]).freshReadings }
    }

    private static func waitingBackend(seenBy fixture: StoreFixture) async throws -> Int32 {
        let waiting =
            "SELECT max(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        let deadline = ContinuousClock.now + .seconds(60)
        while try await fixture.text("SELECT (\(waiting))::text") == nil {
            try #require(ContinuousClock.now < deadline, "nobody waits for the lock")
            await EventLoop.sleep(for: .milliseconds(5))
        }
        return Int32(try await fixture.number(waiting))
    }
}
