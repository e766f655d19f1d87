import IOLoop
import Model
import PostgreSQL
import Testing

@IOThread
struct PostgreSQLConnectionTests {
    @Test func `every type of parameter comes back as it went`() async throws {
        let connection = try await TestDatabase.make().connect()
        let time = Timestamp(microseconds: 1_333_281_600_123_456)
        let rows = try await connection.query(
            "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
            [
                .boolean(true), .int16(-2), .int32(-300_000), .int64(1 << 60), .double(-0.1), .text("Zürich"),
                .bytes([0, 1, 255]), .timestamp(time), .json(#"{"a": 1}"#), .null,
            ])
        #expect(rows.boolean(0, 0))
        #expect([rows.integer(0, 1), rows.integer(0, 2), rows.integer(0, 3)] == [-2, -300_000, 1 << 60])
        #expect(rows.double(0, 4) == -0.1)
        #expect(rows.text(0, 5) == "Zürich")
        #expect(rows.data(0, 6) == [0, 1, 255])
        #expect(rows.timestamp(0, 7) == time)
        #expect(rows.text(0, 8) == #"{"a": 1}"#)
        #expect(rows.isNull(0, 9) && rows.optionalText(0, 9) == nil)
    }

    @Test func `arrays come back as they went, and unnest into rows`() async throws {
        let connection = try await TestDatabase.make().connect()
        let rows = try await connection.query(
            "SELECT array_agg(a), array_agg(b), string_agg(coalesce(c, '-'), ','), count(d) FROM unnest($1, $2, $3, $4) AS t(a, b, c, d)",
            [.int32s([1, -2]), .int64s([3, 1 << 40]), .texts(["x", nil]), .byteArrays([[1], nil])])
        #expect(rows.int32s(0, 0) == [1, -2])
        #expect(rows.int64s(0, 1) == [3, 1 << 40])
        #expect(rows.text(0, 2) == "x,-")
        #expect(rows.integer(0, 3) == 1)
        let empty = try await connection.query("SELECT $1, cardinality($2)", [.int32s([]), .timestamps([])])
        #expect(empty.int32s(0, 0).isEmpty && empty.integer(0, 1) == 0)
    }

    @Test func `a refusal carries its SQLSTATE, and the connection goes on`() async throws {
        let connection = try await TestDatabase.make().connect()
        try await connection.execute("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)")
        let error = await #expect(throws: PostgreSQLError.self) {
            try await connection.query("INSERT INTO t VALUES ($1)", [.int32(1)])
        }
        #expect(error?.sqlState == "23505")
        #expect(error?.constraint == "t_pkey")
        #expect(error?.isAboutData == true && error?.isRetriable == false)
        #expect(try await connection.query("SELECT count(*) FROM t").integer(0, 0) == 1)
    }

    @Test func `a transaction that failed and that nobody rolled back costs the connection, and no more`() async throws
    {
        let database = try await TestDatabase.make()
        let session = PostgreSQLSession(database.configuration)
        let connection = try await session.connection()
        try await connection.execute("BEGIN")
        await #expect(throws: PostgreSQLError.self) { try await connection.execute("SELECT 1 / 0") }
        let error = await #expect(throws: PostgreSQLError.self) { try await connection.execute("SELECT 1") }
        #expect(error?.sqlState == "25P02")
        #expect(error?.isConnectionLost == true && error?.isRetriable == true)
        #expect(!connection.isOpen)
        let answer = try await session.retrying { try await $0.query("SELECT 1").integer(0, 0) }
        #expect(answer == 1)
        session.close()
    }

    @Test func `a prepared statement is parsed once and runs often`() async throws {
        let connection = try await TestDatabase.make().connect()
        let statement = PreparedStatement(name: "sum", sql: "SELECT $1 + $2")
        for number in 0..<10 {
            let rows = try await connection.query(statement, [.int64(Int64(number)), .int64(1)])
            #expect(rows.integer(0, 0) == Int64(number) + 1)
        }
        let prepared = try await connection.query("SELECT count(*) FROM pg_prepared_statements WHERE name = 'sum'")
        #expect(prepared.integer(0, 0) == 1)
    }

    @Test func `a transaction that throws leaves nothing behind`() async throws {
        let connection = try await TestDatabase.make().connect()
        try await connection.execute("CREATE TABLE t (a int)")
        struct Refusal: Error {}
        await #expect(throws: Refusal.self) {
            try await connection.transaction {
                try await connection.execute("INSERT INTO t VALUES (1)")
                throw Refusal()
            }
        }
        #expect(try await connection.query("SELECT count(*) FROM t").integer(0, 0) == 0)
    }

    @Test func `a server that is away is a retriable error that names the address`() async throws {
        let nowhere = PostgreSQLConfiguration(
            url: "postgres://someone:secret@127.0.0.1:1/none", applicationName: "tests")
        let error = await #expect(throws: PostgreSQLError.self) {
            try await PostgreSQLConnection.connect(nowhere)
        }
        #expect(error?.kind == .cannotConnect && error?.isRetriable == true)
        #expect(error?.description.contains("someone:<redacted>@127.0.0.1:1/none") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `a host name is resolved, and one that has no address is named`() async throws {
        let url = try await TestDatabase.make().configuration.url
        let byName = PostgreSQLConfiguration(
            url: url.replacing("127.0.0.1", with: "localhost"), applicationName: "tests")
        let connection = try await PostgreSQLConnection.connect(byName)
        #expect(try await connection.query("SELECT 1").integer(0, 0) == 1)
        let unknown = PostgreSQLConfiguration(url: "postgres://nobody@no.such.host.invalid/x", applicationName: "tests")
        let error = await #expect(throws: PostgreSQLError.self) {
            try await PostgreSQLConnection.connect(unknown)
        }
        #expect(error?.isRetriable == true && error?.message.contains("no.such.host.invalid") == true)
    }

    @Test func `an answer that does not come in time gives the connection up`() async throws {
        let connection = try await TestDatabase.make().connect()
        let error = await #expect(throws: PostgreSQLError.self) {
            try await connection.query("SELECT pg_sleep(60)", within: .milliseconds(100))
        }
        #expect(error?.kind == .deadlineExceeded && error?.isRetriable == true)
        #expect(!connection.isOpen)
    }

    @Test func `a backend that an operator ends is a lost connection, also while idle`() async throws {
        let database = try await TestDatabase.make()
        let (victim, operator_) = (try await database.connect(), try await database.connect())
        let lost = await withCheckedContinuation { continuation in
            victim.onLost = { continuation.resume(returning: $0) }
            Task {
                try await operator_.query("SELECT pg_terminate_backend($1)", [.int32(victim.backendProcess)])
            }
        }
        #expect(lost.isConnectionLost && !victim.isOpen)
    }

    @Test func `notices reach their sink`() async throws {
        let configuration = try await TestDatabase.make().configuration
        let (notices, continuation) = AsyncStream.makeStream(of: String.self)
        let connection = try await PostgreSQLConnection.connect(configuration) { continuation.yield($0) }
        try await connection.execute("DO $$ BEGIN RAISE WARNING 'disk is filling'; END $$")
        var iterator = notices.makeAsyncIterator()
        #expect(await iterator.next() == "WARNING:  disk is filling")
    }

    @Test func `a session makes a new connection after the old one broke`() async throws {
        let database = try await TestDatabase.make()
        let session = PostgreSQLSession(database.configuration, backoff: Backoff(first: .milliseconds(1)))
        let operator_ = try await database.connect()
        var attempts = 0
        let answer = try await session.retrying { connection in
            attempts += 1
            if attempts == 1 {
                try await operator_.query("SELECT pg_terminate_backend($1)", [.int32(connection.backendProcess)])
            }
            return try await connection.query("SELECT 42").integer(0, 0)
        }
        #expect(answer == 42 && attempts == 2)
    }

    @Test func `two who ask a session at once get the same connection`() async throws {
        let session = PostgreSQLSession(try await TestDatabase.make().configuration)
        async let first = session.connection()
        async let second = session.connection()
        let (left, right) = (try await first, try await second)
        #expect(left === right)
    }
}
