import IOLoop
import Model
import PostgreSQL
import Testing

@IOThread
struct CopyTests {
    @Test func `the bytes of a COPY never change`() {
        let encoder = BinaryCopyEncoder(fieldsPerRow: 4)
        encoder.beginRow()
        encoder.append(Timestamp(seconds: 946_684_801))
        encoder.append(1.5)
        encoder.append(json: "{}")
        encoder.appendNull()
        encoder.finish()
        let expected: [UInt8] =
            Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0] + [0, 0, 0, 0, 0, 0, 0, 0]
            + [0, 4]
            + [0, 0, 0, 8, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40]
            + [0, 0, 0, 8, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]
            + [0, 0, 0, 3, 1, 0x7b, 0x7d]
            + [0xff, 0xff, 0xff, 0xff]
            + [0xff, 0xff]
        #expect(Array(encoder.bytes) == expected)
    }

    @Test func `every column type arrives, from before 2000 too`() async throws {
        let connection = try await TestDatabase.make().connect()
        try await connection.execute(
            "CREATE TABLE t (a timestamptz, b int, c smallint, d bigint, e real, f float8, g text, h jsonb, i bytea, j int)"
        )
        let encoder = BinaryCopyEncoder(fieldsPerRow: 10)
        encoder.beginRow()
        encoder.append(Timestamp(microseconds: -1))
        encoder.append(7 as Int32)
        encoder.append(-7 as Int16)
        encoder.append(1 << 40 as Int64)
        encoder.append(0.5 as Float)
        encoder.append(-2.25)
        encoder.append("°C")
        encoder.append(json: #"{"k": [1]}"#)
        encoder.append([0, 255])
        encoder.appendNull()
        encoder.finish()
        #expect(try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", encoder) == 1)
        let rows = try await connection.query("SELECT a, t::text FROM t")
        #expect(rows.timestamp(0, 0) == Timestamp(microseconds: -1))
        #expect(
            rows.text(0, 1)
                == #"("1969-12-31 23:59:59.999999+00",7,-7,1099511627776,0.5,-2.25,°C,"{""k"": [1]}","\\x00ff",)"#)
    }

    @Test func `a large COPY goes through in chunks, and the encoder can be used again`() async throws {
        let connection = try await TestDatabase.make().connect()
        try await connection.execute("CREATE TABLE t (a bigint)")
        let encoder = BinaryCopyEncoder(fieldsPerRow: 1)
        for round in 1...2 {
            encoder.removeAll()
            for number in 0..<200_000 {
                encoder.beginRow()
                encoder.append(Int64(number * round))
            }
            encoder.finish()
            #expect(try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", encoder) == 200_000)
        }
        let sum = try await connection.query("SELECT sum(a)::bigint FROM t").integer(0, 0)
        #expect(sum == 3 * 199_999 * 100_000)
    }

    @Test func `a refused row fails the COPY with its SQLSTATE, and the connection goes on`() async throws {
        let connection = try await TestDatabase.make().connect()
        try await connection.execute("CREATE TABLE t (a bigint CHECK (a <> 150000))")
        let encoder = BinaryCopyEncoder(fieldsPerRow: 1)
        for number in 0..<300_000 {
            encoder.beginRow()
            encoder.append(Int64(number))
        }
        encoder.finish()
        let error = await #expect(throws: PostgreSQLError.self) {
            try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", encoder)
        }
        #expect(error?.sqlState == "23514")
        #expect(try await connection.query("SELECT count(*) FROM t").integer(0, 0) == 0)
    }
}
