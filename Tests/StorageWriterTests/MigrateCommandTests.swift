import Foundation
import LocalServers
import Processes
import TestServers
import Testing

/// `storage-writer migrate`, as an administrator runs it.
struct MigrateCommandTests {
    private static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "storage-writer").path

    private func migrate(_ arguments: [String]) async throws -> (status: Processes.ExitStatus, text: String) {
        try await Command(Self.executable, ["migrate"] + arguments, directory: NSTemporaryDirectory()).run()
    }

    @discardableResult
    private func sql(_ url: String, _ statements: String...) async throws -> String {
        let commands = statements.flatMap { ["-c", $0] }
        let (status, text) = try await Command(
            "/usr/bin/psql", [url, "-X", "-At", "-v", "ON_ERROR_STOP=1"] + commands
        ).run()
        try #require(status.isSuccess, "\(text)")
        return text
    }

    private func isRefused(_ url: String, _ statement: String) async throws -> Bool {
        let (status, text) = try await Command("/usr/bin/psql", [url, "-X", "-c", statement]).run()
        return !status.isSuccess && text.contains("must be owner")
    }

    private func file(_ name: String, _ text: String, in folder: String) throws -> String {
        let path = "\(folder)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    @Test func `the owner logs in by password and TLS, whatever the settings of the service are`() async throws {
        let certificates = try Certificates(names: "DNS:localhost")
        let running = try await TestServers.start {
            SecuredPostgreSQL(
                base: try PostgreSQLServer(directory: $0, port: $1, durability: .disposable), certificates)
        }
        let server = try #require(running.server as? SecuredPostgreSQL)
        try await sql(
            server.url, "CREATE ROLE plant_owner LOGIN PASSWORD 'pl4nted'", "CREATE ROLE plant_writer LOGIN",
            "CREATE DATABASE plant OWNER plant_owner")
        try server.demandPasswords(of: running)
        let folder = try TestDirectory.make()
        // What a migration job lacks: the service's own keys, its other servers, and settings that hold.
        let settings = try file(
            "sluice.yaml",
            """
            postgres: { url: 'postgres://plant_writer@nowhere.invalid/plant', password_file: /nowhere/writer }
            redis: { password_file: /nowhere/redis }
            pipes: { curve: { secret_key_file: /nowhere/key } }
            storage_writer: { bind: 'tcp://0.0.0.0:5600', linger: long, postgres: { url: 'postgres://a@nowhere.invalid/b' } }
            """, in: folder)
        let url =
            "postgres://plant_owner@localhost:\(server.port)/plant?sslmode=verify-full"
            + "&sslrootcert=\(certificates.path("ca.pem"))"
        let right = ["--password-file", try file("right", "pl4nted\n", in: folder), "--config", settings]
        let (status, text) = try await migrate(["--url", url, "--writer", "plant_writer"] + right)
        #expect(status.isSuccess && text.hasSuffix("plant_writer may write\n"), "\(text)")
        #expect(text.hasPrefix("applied 1 (readings)\n"))

        let plain = url.replacing("verify-full", with: "disable")
        #expect(try await migrate(["--url", plain] + right).text.contains("no encryption"))
        let wrong = ["--password-file", try file("wrong", "pl4nted-wrong\n", in: folder)]
        let refused = try await migrate(["--url", url] + wrong)
        #expect(!refused.status.isSuccess && refused.text.contains("password authentication failed"), "\(refused)")
        #expect(!refused.text.contains("pl4nted"))
        let shown = try await migrate(["--url", url.replacing("plant_owner@", with: "plant_owner:pl4nted@")])
        #expect(shown.status == .exited(64) && shown.text.contains("--password-file"), "\(shown)")
        #expect(!shown.text.contains("pl4nted"))
        // Of the settings, what is wrong with the database counts, and nothing else.
        let found = try await migrate(["--config", settings])
        #expect(found.status == .exited(78) && found.text.contains("/nowhere/writer"), "\(found)")
        #expect(found.text.split(separator: "\n").count == 1)
        await running.stop()
    }

    @Test func `a password file is for the database of the settings where no other is named`() async throws {
        let certificates = try Certificates(names: "DNS:localhost")
        let running = try await TestServers.start {
            SecuredPostgreSQL(
                base: try PostgreSQLServer(directory: $0, port: $1, durability: .disposable), certificates)
        }
        let server = try #require(running.server as? SecuredPostgreSQL)
        try await sql(
            server.url, "CREATE ROLE plant_owner LOGIN PASSWORD 'right'", "CREATE DATABASE plant OWNER plant_owner")
        try server.demandPasswords(of: running)
        let folder = try TestDirectory.make()
        let url = "postgres://plant_owner@localhost:\(server.port)/plant?sslmode=require"
        let settings = try file("sluice.yaml", "postgres: { url: '\(url)', password: wrong }", in: folder)
        let arguments = ["--config", settings, "--password-file", try file("password", "right", in: folder)]
        let (status, text) = try await migrate(arguments)
        #expect(status.isSuccess, "\(text)")
        await running.stop()
    }

    /// The standard database, which they would mean otherwise, is another one.
    @Test(arguments: [
        "postgres: somewhere", "storage_writer: somewhere", "storage_writer: { postgres: somewhere }",
        "postgress: { url: 'postgres://nowhere.invalid/plant' }",
        "postgres: { ulr: 'postgres://nowhere.invalid/plant' }",
        "storage_writer: { postgress: { url: 'postgres://nowhere.invalid/plant' } }",
        "storage_writter: { postgres: { url: 'postgres://nowhere.invalid/plant' } }",
    ])
    func `settings whose database is written wrongly are refused`(yaml: String) async throws {
        let settings = try file("sluice.yaml", yaml, in: try TestDirectory.make())
        let (status, text) = try await migrate(["--config", settings])
        #expect(status == .exited(78) && text.hasPrefix("\(settings):1:"), "\(status) \(text)")
        #expect(text.split(separator: "\n").count == 1)
    }

    @Test func `who migrates without TLS is warned`() async throws {
        let url = "postgres://plant@nowhere.invalid/plant"
        let settings = try file("sluice.yaml", "postgres: { url: '\(url)' }", in: try TestDirectory.make())
        let found = try await migrate(["--config", settings])
        #expect(!found.status.isSuccess && found.text.hasPrefix("warning: \(settings):1:"), "\(found)")
        let named = try await migrate(["--url", url])
        #expect(!named.status.isSuccess && named.text.hasPrefix("warning: "), "\(named)")
    }

    /// As docs/deploy.md has it.
    @Test func `a database of one role becomes one of three, with what is in it`() async throws {
        try await withPrivatePostgreSQL { running in
            let server = try #require(running.server as? PostgreSQLServer)
            try await sql(server.url, "CREATE ROLE plant LOGIN", "CREATE DATABASE plant OWNER plant")
            let administrator = server.url(database: "plant")
            func url(_ role: String) -> String { administrator.replacing("sluice@", with: "\(role)@") }
            #expect(try await migrate(["--url", url("plant")]).status.isSuccess)
            let reading = """
                INSERT INTO reading_rows (time, received_at, value, sequence, sensor_id, producer_id, position, unit_id)
                VALUES ('2020-02-02 12:00+00', now(), 1, 1, 1, 1, 0, 1)
                """
            try await sql(url("plant"), "SELECT make_reading_day('2020-02-02')", reading)
            #expect(try await !isRefused(url("plant"), "ALTER TABLE reading_rows SET (autovacuum_enabled)"))

            try await sql(
                administrator, "CREATE ROLE plant_owner LOGIN", "CREATE ROLE plant_reader LOGIN",
                "ALTER DATABASE plant OWNER TO plant_owner", "REASSIGN OWNED BY plant TO plant_owner")
            let roles = ["--writer", "plant", "--reader", "plant_reader"]
            let (status, text) = try await migrate(["--url", url("plant_owner")] + roles)
            #expect(status.isSuccess, "\(text)")
            // Services go on with the role that they have, which now owns nothing.
            try await sql(url("plant"), "SELECT make_reading_day('2020-02-03')", reading)
            #expect(try await isRefused(url("plant"), "DROP TABLE reading_rows"))
            #expect(try await sql(url("plant_reader"), "SELECT count(*) FROM readings") == "2\n")
            let owned = "SELECT count(*) FROM pg_class WHERE relowner = 'plant'::regrole"
            #expect(try await sql(administrator, owned) == "0\n")
            // A second turn changes nothing, and is how an update is done.
            #expect(try await migrate(["--url", url("plant_owner")] + roles).text.hasPrefix("the schema is that"))
        }
    }
}
