import Foundation
import IOLoop
import LocalServers
import Logging
import Model
import Observability
import PostgreSQL
import Schema
import TestServers
import Testing

@testable import StorageWriter

/// A database that is there, and cannot store: nothing is acknowledged, nothing is lost, and it goes on by itself.
@IOThread
struct DatabaseTroubleTests {
    /// After a switch of names to a standby that nobody has promoted yet.
    @Test func `a standby in recovery is waited for until it is promoted`() async throws {
        try await withPrivatePostgreSQL { primary in
            let url = try #require(primary.server as? PostgreSQLServer).url
            let fixture = try await StoreFixture.make(url: url)
            try await withStandby(of: primary) { standby in
                let standbyURL = try #require(standby.server as? PostgreSQLServer).url
                let configuration = PostgreSQLConfiguration(url: standbyURL, applicationName: "tests")
                let looking = try await PostgreSQLConnection.connect(configuration)
                #expect(try await looking.query("SELECT pg_is_in_recovery()::int").integer(0, 0) == 1)
                let outcome = LoopOutcome()
                let loop = outcome.loop(PostgreSQLSink(PostgreSQLSession(configuration)))
                outcome.send([.sample(sequence: 1)], to: loop)
                try await eventually { outcome.failures.count > 2 }
                #expect(outcome.failures.allSatisfy { $0.sqlState == "25006" }, "\(outcome.failures)")
                #expect(outcome.acknowledged.isEmpty)

                try await looking.query("SELECT pg_promote()")
                try await eventually { outcome.acknowledged == [1] }
                #expect(try await looking.query("SELECT count(*) FROM readings").integer(0, 0) == 20)
                #expect(try await fixture.number("SELECT count(*) FROM readings") == 0)
                looking.close()
            }
        }
    }

    /// The tables lie on a disk of 32 MiB that somebody else has filled.
    @Test(.enabled("file systems cannot be mounted here") { await SmallDisk.isExpected })
    func `a full disk is waited for, and each reading is stored once when there is room`() async throws {
        try await withPrivatePostgreSQL { running in
            let server = try #require(running.server as? PostgreSQLServer)
            let disk = try await SmallDisk(at: "\(try TestDirectory.make())/disk", mebibytes: 32, owner: server.account)
            do {
                try await fillAndEmpty(disk, under: server)
            } catch {
                await disk.remove()
                throw error
            }
            await disk.remove()
        }
    }

    private func fillAndEmpty(_ disk: SmallDisk, under server: PostgreSQLServer) async throws {
        let admin = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: server.url, applicationName: "tests"))
        try await admin.execute("CREATE TABLESPACE small LOCATION '\(disk.path)'")
        try await admin.execute("CREATE DATABASE small TABLESPACE small")
        admin.close()
        let fixture = try await StoreFixture.make(url: server.url(database: "small"))
        let outcome = LoopOutcome()
        let loop = outcome.loop(fixture.sink())
        outcome.send([.sample(sequence: 1)], to: loop)
        try await eventually { outcome.acknowledged == [1] }

        try disk.fill()
        for sequence in 2...6 as ClosedRange<UInt64> {
            outcome.send([.series(sequence: sequence, count: 2_000)], to: loop)
        }
        try await eventually { outcome.failures.count > 2 }
        #expect(outcome.failures.allSatisfy { $0.sqlState == "53100" }, "\(outcome.failures)")
        let stored = outcome.acknowledged

        try disk.empty()
        try await eventually { outcome.acknowledged.count == 6 }
        #expect(stored.count < 6 && Set(outcome.acknowledged) == Set(1...6))
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 10_020)
        #expect(try await fixture.number("SELECT count(DISTINCT event_id) FROM readings") == 10_020)
        fixture.connection.close()
    }
}
