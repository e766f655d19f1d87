import Foundation
import LocalServers
import TestServers
import Testing

extension EndToEnd {
    /// What each service says of itself while something is wrong: before, during and after.
    struct HealthTests {
        @Test func `a stopped stage, a database that is away and an end are told by whoever is concerned`() async throws
        {
            try await withPrivatePostgreSQL { postgres in
                let server = try #require(postgres.server as? PostgreSQLServer)
                var again: RunningServer?
                try await withStack(["--external-postgres", server.url]) { stack in
                    let lines = try await ReadinessLines(stack)
                    #expect(try await lines.allReady())
                    try await lines.note("before")
                    try await stopPreprocessor(stack, lines)
                    again = try await takeDatabaseAway(postgres, stack, lines)
                    Attachment.record(await lines.transcript, named: "health.txt")
                }
                await again?.stop()
            }
        }

        /// A stopped process keeps its port and its connections: its neighbours miss its heartbeats after three seconds.
        private func stopPreprocessor(_ stack: Stack, _ lines: ReadinessLines) async throws {
            try await stack.signal("preprocessor", SIGSTOP)
            try await stack.publish("sensors/stopped/temperature", #"{"value": 1}"#)
            #expect(
                try await lines.says(
                    "mqtt-ingest",
                    [
                        "[+]mqtt ok", "[+]downstream ok: degraded: no preprocessor is connected",
                        "[-]flow failed: 1 reading waits and none was acknowledged for", "readyz check failed",
                    ]))
            #expect(
                try await lines.says("anomaly-detector", ["[-]upstream failed: no preprocessor is connected"]))
            #expect(try await lines.page("preprocessor", seconds: 1).isEmpty)
            try await lines.note("preprocessor is stopped (SIGSTOP)")
            try await stack.signal("preprocessor", SIGCONT)
            #expect(try await lines.allReady())
            #expect(try await stack.reaches(1, "select count(*) from readings"))
            try await lines.note("preprocessor goes on (SIGCONT)")
        }

        private func takeDatabaseAway(
            _ postgres: RunningServer, _ stack: Stack, _ lines: ReadinessLines
        ) async throws -> RunningServer {
            await postgres.stop()
            try await stack.publish("sensors/away/temperature", #"{"value": 2}"#)
            #expect(
                try await lines.says(
                    "storage-writer",
                    ["[-]postgres failed", "[-]flow failed: 1 reading waits and none was committed for"]))
            #expect(try await lines.says("aggregator", ["[-]postgres failed"]))
            for service in ["mqtt-ingest", "preprocessor", "anomaly-detector"] {
                #expect(
                    try await lines.says(service, ["[-]flow failed: 1 reading waits and none was acknowledged for"]))
            }
            try await lines.note("PostgreSQL is away")
            try await drainWriter(stack, lines)
            let again = try await TestServers.restart(postgres.server)
            #expect(try await stack.reaches(2, "select count(*) from readings"))
            #expect(try await lines.allReady())
            try await lines.note("PostgreSQL is back")
            return again
        }

        /// Told to stop, a service is red at once, while it still tries to finish what it has.
        private func drainWriter(_ stack: Stack, _ lines: ReadinessLines) async throws {
            try await stack.signal("storage-writer", SIGTERM)
            #expect(try await lines.says("storage-writer", ["[-]lifecycle failed: draining"], within: 10))
            try await lines.note("storage-writer is told to stop while PostgreSQL is away")
        }
    }
}
