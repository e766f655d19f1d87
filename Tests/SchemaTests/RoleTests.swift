import IOLoop
import PostgreSQL
import Schema
import TestServers
import Testing

/// Who owns the tables, who writes and who reads, on a database of their own.
@IOThread
struct RoleTests {
    private let url: String
    private let owner: PostgreSQLConnection
    private let writer: String
    private let reader: String

    init() async throws {
        url = try await TestServers.shared.postgreSQLURL()
        // Roles are the whole server's.
        let database = url.split(separator: "/").last.map(String.init) ?? ""
        (writer, reader) = ("\(database)-writer", "\(database)-reader")
        owner = try await PostgreSQLConnection.connect(.init(url: url, applicationName: "tests"))
        try await owner.execute("CREATE ROLE \"\(writer)\" LOGIN; CREATE ROLE \"\(reader)\" LOGIN")
    }

    private func connect(as role: String) async throws -> PostgreSQLConnection {
        let mine = url.replacing("sluice@", with: "\(role)@")
        return try await PostgreSQLConnection.connect(.init(url: mine, applicationName: "tests"))
    }

    private func grantAll() async throws {
        try await Migrations.apply(on: owner)
        try await RoleGrants.grant(.writing, to: writer, on: owner)
        try await RoleGrants.grant(.reading, to: reader, on: owner)
    }

    private func isRefused(_ sql: String, to connection: PostgreSQLConnection) async -> Bool {
        let error = await #expect(throws: PostgreSQLError.self, "\(sql)") { try await connection.execute(sql) }
        return error?.sqlState == "42501"
    }

    private static let reading = """
        INSERT INTO reading_rows (time, received_at, value, sequence, sensor_id, producer_id, position, unit_id)
        VALUES ('2020-02-02 12:00+00', now(), 1, 1, 1, 1, 0, 1)
        """

    @Test func `a writer stores readings and makes days, and changes nothing of the schema`() async throws {
        try await grantAll()
        let connection = try await connect(as: writer)
        #expect(try await Migrations.apply(on: connection).isEmpty)
        #expect(try await connection.query("SELECT make_reading_day('2020-02-02')").boolean(0, 0))
        try await connection.execute(Self.reading)
        #expect(try await connection.query("SELECT count(*) FROM readings").integer(0, 0) == 1)
        for sql in [
            "CREATE TABLE own (n integer)", "DROP TABLE reading_rows", "TRUNCATE reading_rows",
            "ALTER TABLE reading_rows ADD COLUMN own integer", "DELETE FROM schema_migrations",
            "ALTER FUNCTION make_reading_day(date) SECURITY INVOKER",
        ] { #expect(await isRefused(sql, to: connection), "\(sql)") }
        connection.close()
    }

    @Test func `a writer drops the days that retention has passed, and no others`() async throws {
        try await grantAll()
        let connection = try await connect(as: writer)
        try await connection.execute("SELECT make_reading_day('2020-02-02'); SELECT make_reading_day('2020-02-03')")
        try await connection.execute(Self.reading)
        let kept = await #expect(throws: PostgreSQLError.self) {
            try await connection.execute("SELECT drop_reading_day('2020-02-02')")
        }
        #expect(kept?.description.contains("readings of 2020-02-02 are still kept") == true)
        try await connection.execute("UPDATE retention SET horizon = '2020-02-03 00:00+00'")
        #expect(try await connection.query("SELECT drop_reading_day('2020-02-02')").boolean(0, 0))
        #expect(try await !connection.query("SELECT drop_reading_day('2020-02-02')").boolean(0, 0))
        // Whose partition would bear the name of one that is kept.
        for function in ["drop_reading_day", "make_reading_day"] {
            await #expect(throws: PostgreSQLError.self) {
                try await connection.execute("SELECT \(function)('2020-02-03 BC')")
            }
        }
        let days = try await connection.query("SELECT string_agg(day::text, ',') FROM reading_days")
        #expect(days.text(0, 0) == "2020-02-03")
        connection.close()
    }

    @Test func `what a writer puts in the place of a table changes nothing for the functions of the owner`()
        async throws
    {
        try await grantAll()
        let connection = try await connect(as: writer)
        try await connection.execute(
            "CREATE TEMP TABLE retention (horizon timestamptz); INSERT INTO pg_temp.retention VALUES ('infinity')")
        try await connection.execute("SELECT make_reading_day('2020-02-02')")
        let error = await #expect(throws: PostgreSQLError.self) {
            try await connection.execute("SELECT drop_reading_day('2020-02-02')")
        }
        #expect(error?.description.contains("are still kept") == true)
        connection.close()
    }

    @Test func `a reader reads, and nothing else`() async throws {
        try await grantAll()
        let connection = try await connect(as: reader)
        for view in ["readings", "rollup_1m", "device_patterns", "alerts", "dead_letters", "devices"] {
            #expect(try await connection.query("SELECT count(*) FROM \(view)").integer(0, 0) == 0)
        }
        for sql in [
            Self.reading, "DELETE FROM alerts", "UPDATE devices SET status = ''",
            "SELECT make_reading_day('2020-02-02')",
            "SELECT drop_reading_day('2020-02-02')",
        ] { #expect(await isRefused(sql, to: connection), "\(sql)") }
        connection.close()
    }

    @Test func `what later migrations make is theirs, too`() async throws {
        try await grantAll()
        try await owner.execute("CREATE TABLE later (n integer); INSERT INTO later VALUES (7)")
        let connection = try await connect(as: writer)
        try await connection.execute("UPDATE later SET n = 8")
        let looking = try await connect(as: reader)
        #expect(try await looking.query("SELECT n FROM later").integer(0, 0) == 8)
        connection.close()
        looking.close()
    }

    @Test func `a writer on a database that is older says who must migrate it`() async throws {
        try await Migrations.apply(Migrations.all.filter { $0.number < 18 }, on: owner)
        try await owner.execute("GRANT SELECT ON schema_migrations TO \"\(writer)\"")
        let connection = try await connect(as: writer)
        let error = await #expect(throws: PostgreSQLError.self) { try await Migrations.apply(on: connection) }
        #expect(error?.description.contains("run `storage-writer migrate` as the owner") == true, "\(error as Any)")
        connection.close()
    }

    @Test func `a role that is not there is named with what makes it`() async throws {
        try await Migrations.apply(on: owner)
        let error = await #expect(throws: RoleGrants.NoSuchRole.self) {
            try await RoleGrants.grant(.writing, to: "nobody-here", on: owner)
        }
        #expect(error?.description.contains("CREATE ROLE nobody-here LOGIN") == true)
    }
}
