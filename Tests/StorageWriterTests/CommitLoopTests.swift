import IOLoop
import Logging
import Model
import Observability
import PostgreSQL
import Testing

@testable import StorageWriter

@IOThread
struct CommitLoopTests {
    @Test func `what waits goes into one transaction, up to the limit, in order`() async throws {
        let fixture = try await StoreFixture.make()
        let outcome = LoopOutcome()
        let loop = outcome.loop(fixture.sink(), limit: 50, linger: .milliseconds(1))
        outcome.send((1...7).map { .sample(sequence: $0, devices: 20) }, to: loop)
        try await eventually { outcome.acknowledged.count == 7 }
        #expect(outcome.acknowledged == [1, 2, 3, 4, 5, 6, 7])
        #expect(outcome.commits.map(\.fresh.count) == [2, 2, 2, 1])
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 140)
    }

    @Test(arguments: [(0, 2), (1, 2), (9, 9), (31, 30), (600_000, 30)])
    func `it rests as long as the last transaction took, within bounds`(took: Int, rests: Int) {
        #expect(CommitLoop.rest(.milliseconds(2), after: .milliseconds(took), contention: 0) == .milliseconds(rests))
    }

    @Test(arguments: [(0, 2), (0.25, 100), (1, 400)])
    func `it rests longer while cores are scarce`(contention: Double, rests: Int) {
        let rest = CommitLoop.rest(.milliseconds(2), after: .milliseconds(1), contention: contention)
        #expect(rest == .milliseconds(rests))
    }

    @Test func `nothing is acknowledged before PostgreSQL has it, however often that fails`() async throws {
        let fixture = try await StoreFixture.make()
        let outcome = LoopOutcome()
        let loop = outcome.loop(fixture.sink())
        try await fixture.connection.execute("ALTER TABLE reading_rows RENAME TO away")
        outcome.send([.sample(sequence: 1), .sample(sequence: 2)], to: loop)
        try await eventually { outcome.failures.count > 3 }
        #expect(outcome.acknowledged.isEmpty)
        try await fixture.connection.execute("ALTER TABLE away RENAME TO reading_rows")
        try await eventually { outcome.acknowledged.count == 2 }
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 40)
    }

    /// PostgreSQL rolls back whoever notices the circle: here the writer.
    @Test(.timeLimit(.minutes(1)))
    func `a deadlock costs a transaction and no reading`() async throws {
        let fixture = try await StoreFixture.make()
        let outcome = LoopOutcome()
        let loop = outcome.loop(fixture.sink())
        outcome.send([.sample(sequence: 1)], to: loop)
        try await eventually { outcome.acknowledged == [1] }
        try await fixture.connection.execute(
            "SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE reading_rows IN ACCESS EXCLUSIVE MODE")
        outcome.send([.sample(sequence: 2)], to: loop)
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'reading_rows'::regclass"
        while try await fixture.number(waits) == 0 { await EventLoop.sleep(for: .milliseconds(10)) }
        // The writer has its deliveries, and waits for the rows; now the two wait for each other.
        try await fixture.connection.execute("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE; COMMIT")
        try await eventually { outcome.acknowledged == [1, 2] }
        #expect(outcome.failures.map(\.sqlState).contains("40P01"))
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 40)
    }

    /// As after a switch to a standby that has not been promoted yet.
    @Test func `a database that only reads is waited for`() async throws {
        let fixture = try await StoreFixture.make()
        let outcome = LoopOutcome()
        let loop = outcome.loop(fixture.sink())
        let name = try await fixture.text("SELECT quote_ident(current_database())") ?? ""
        try await fixture.connection.execute("ALTER DATABASE \(name) SET default_transaction_read_only = on")
        outcome.send([.sample(sequence: 1)], to: loop)
        try await eventually { outcome.failures.count > 2 }
        #expect(outcome.failures.allSatisfy { $0.sqlState == "25006" } && outcome.acknowledged.isEmpty)
        try await fixture.connection.execute("ALTER DATABASE \(name) RESET default_transaction_read_only")
        try await fixture.connection.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        try await eventually { outcome.acknowledged == [1] }
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 20)
    }

    @Test func `a connection that breaks again and again costs nothing but time`() async throws {
        let fixture = try await StoreFixture.make()
        let outcome = LoopOutcome()
        let sink = fixture.sink()
        let loop = outcome.loop(sink, limit: 100)
        for sequence in 1...60 as ClosedRange<UInt64> {
            outcome.send([.sample(sequence: sequence, devices: 10)], to: loop)
            if sequence.isMultiple(of: 20) {
                try await fixture.connection.query(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            }
            await EventLoop.sleep(for: .milliseconds(1))
        }
        try await eventually { outcome.acknowledged.count == 60 }
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 600)
        #expect(try await fixture.number("SELECT count(DISTINCT event_id) FROM readings") == 600)
    }
}

@IOThread
struct AggregatorLinkTests {
    @Test func `several batches become one, with one dictionary`() {
        var second = ReadingBatch.sample(sequence: 2, devices: 3)
        second.series.reverse()
        let joined = ReadingBatch(
            joining: [.sample(sequence: 1, devices: 2), second], as: BatchIdentity(producer: "writer-1", sequence: 9))
        #expect(joined.series.map(\.device) == ["device-0", "device-1", "device-2"])
        #expect(joined.seriesIndex == [0, 1, 2, 1, 0])
        #expect(joined.value == [0.5, 1.5, 0.5, 1.5, 2.5])
        #expect(joined.count == 5 && joined.position == [0, 1, 2, 3, 4])
    }
}
