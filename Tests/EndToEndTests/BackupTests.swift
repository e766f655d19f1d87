import Foundation
import LocalServers
import TestServers
import Testing

extension EndToEnd {
    /// A backup that is taken under load and restored elsewhere, by the commands of docs/deploy.md.
    struct BackupTests {
        /// What was stored after the backup is gone, as with any database. The ledger names exactly that.
        @Test func `a backup under load is consistent, and ingestion goes on from there without duplicates`()
            async throws
        {
            try await withPrivateMosquitto { broker in
                try await withPrivatePostgreSQL { elsewhere in
                    let mqtt = ["--external-mqtt", "mqtt://127.0.0.1:\(broker.server.port)"]
                    try await withStack(mqtt) { stack in
                        let restored =
                            "postgres://plain@127.0.0.1:\(elsewhere.server.port)/restored"
                        let published = try await backUp(stack, to: elsewhere.server.port, restored)
                        try await stack.down()
                        let kept = try await expectConsistent(restored, published)
                        try await stack.up(mqtt + ["--external-postgres", restored])
                        try await goOn(on: stack, kept: kept, published)
                    }
                }
            }
        }

        /// - Returns: how many readings were published to the end, and are all in the database that was backed up.
        private func backUp(_ stack: Stack, to port: UInt16, _ restored: String) async throws -> Int {
            let load = try Load(on: stack, rate: 1_000)
            try await stack.expectReadingsFlow(3_000)
            let file = "\(try TestDirectory.make())/sluice.dump"
            let source = try await stack.status().infrastructure.postgres.url
            try await Shell.succeed(tool("pg_dump"), ["--format=custom", "--file=\(file)", source])
            try await stack.expectReadingsFlow(3_000)
            let published = try await load.stop()
            try await Ledger(stack: stack).expectAllStoredOnce(published)
            // A role that owns its database and may do nothing else.
            let owner = Database(url: "postgres://\(PostgreSQLServer.account)@127.0.0.1:\(port)/postgres")
            _ = try await owner.query("create role plain login")
            _ = try await owner.query("create database restored owner plain")
            try await Shell.succeed(
                tool("pg_restore"), ["--no-owner", "--exit-on-error", "--dbname=\(restored)", file])
            return published
        }

        /// - Returns: how many readings are in the restored database.
        private func expectConsistent(_ url: String, _ published: Int) async throws -> Int {
            let database = Database(url: url)
            let kept = try await database.number("select count(*) from readings")
            #expect(kept >= 3_000 && kept < published)
            let distinct = "select count(distinct (metadata->>'n')::bigint) from readings"
            #expect(try await database.number(distinct) == kept)
            return kept
        }

        private func goOn(on stack: Stack, kept: Int, _ published: Int) async throws {
            let load = try Load(on: stack, rate: 1_000, after: published)
            try await stack.expectReadingsFlow(3_000)
            let more = try await load.stop()
            #expect(try await stack.reaches(kept + more, "select count(*) from readings"))
            #expect(
                try await stack.number("select count(distinct (metadata->>'n')::bigint) from readings") == kept + more)
            #expect(try await stack.number("select count(*) from dead_letters") == 0)
            try await Ledger(stack: stack).expectRollupsEqualSQL()
            let ledger = try await stack.ledger("--patience", "5s")
            #expect(ledger.status != 0)
            #expect(ledger.output.contains("\(published - kept)"), "\(ledger.output)")
        }

        private func tool(_ name: String) -> URL { URL(filePath: "/usr/bin/\(name)") }
    }
}
