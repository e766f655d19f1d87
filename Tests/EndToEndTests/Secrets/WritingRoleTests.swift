import Foundation
import LocalServers
import TestServers
import Testing

extension EndToEnd {
    /// Services that own no table.
    struct WritingRoleTests {
        @Test func `all services run with the role that only writes, on tables that another role migrated`()
            async throws
        {
            try await withPrivatePostgreSQL { running in
                guard let server = running.server as? PostgreSQLServer else { preconditionFailure("a PostgreSQL") }
                let psql = URL(filePath: "/usr/bin/psql")
                try await Shell.succeed(
                    psql,
                    [server.url, "-c", "CREATE ROLE owner LOGIN CREATEROLE", "-c", "CREATE DATABASE plant OWNER owner"]
                        + ["-c", "CREATE ROLE writer LOGIN", "-c", "CREATE ROLE looker LOGIN"])
                let plant = server.url(database: "plant")
                func url(_ role: String) -> String { plant.replacing("sluice@", with: "\(role)@") }
                let migrate = [
                    "migrate", "--set", "postgres.url=\(url("owner"))", "--writer", "writer", "--reader", "looker",
                ]
                let said = try await Shell.succeed(Shell.product("storage-writer"), migrate)
                #expect(said.contains("applied 1 (readings)") && said.contains("writer may write\nlooker may read"))
                #expect(
                    try await Shell.succeed(Shell.product("storage-writer"), migrate).contains(
                        "is that of this version"))
                try await withStack(["--external-postgres", url("writer")]) { stack in
                    let load = try Load(on: stack, rate: 300)
                    try await Task.sleep(for: .seconds(5))
                    let published = try await load.stop()
                    #expect(published > 100)
                    try await Ledger(stack: stack).expectAllStoredOnce(published)
                    try await Ledger(stack: stack).expectRollupsEqualSQL()
                }
                let owners =
                    "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relowner = 'writer'::regrole"
                #expect(try await Shell.succeed(psql, [plant, "-At", "-c", owners]) == "0\n")
                let read = try await Shell.succeed(
                    psql, [url("looker"), "-At", "-c", "SELECT count(*) > 100 FROM readings"])
                #expect(read == "t\n")
            }
        }
    }
}
