import IOLoop
import PostgreSQL
import Schema
import TestServers
import Testing

@IOThread
struct MigrationsTests {
    @Test func `replicas that start together migrate once, all of them successfully`() async throws {
        let configuration = try await emptyDatabase()
        let replicas = (0..<4).map { _ in
            Task { try await Self.migrate(configuration) }
        }
        var ran: [Int] = []
        for replica in replicas { ran.append(try await replica.value) }
        #expect(ran.sorted() == [0, 0, 0, Migrations.all.count])
    }

    @Test func `a step that fails leaves the database as it was, and is named`() async throws {
        let connection = try await PostgreSQLConnection.connect(emptyDatabase())
        let steps = [
            Migration(number: 1, name: "good", sql: "CREATE TABLE good (a int)"),
            Migration(number: 2, name: "bad", sql: "CREATE TABEL bad (a int)"),
        ]
        let error = await #expect(throws: PostgreSQLError.self) {
            try await Migrations.apply(steps, on: connection)
        }
        #expect(error?.description.hasPrefix("migration 2 (bad): syntax error") == true)
        let left = try await connection.query("SELECT to_regclass('good') IS NULL")
        #expect(left.boolean(0, 0))
    }

    @Test func `the views have the columns that users know`() async throws {
        let connection = try await PostgreSQLConnection.connect(emptyDatabase())
        try await Migrations.apply(on: connection)
        for (view, columns) in Self.publicColumns {
            let rows = try await connection.query(
                """
                SELECT string_agg(column_name, ', ' ORDER BY ordinal_position)
                FROM information_schema.columns WHERE table_name = $1
                """, [.text(view)])
            #expect(rows.optionalText(0, 0) == columns, "\(view)")
        }
    }

    private static func migrate(_ configuration: PostgreSQLConfiguration) async throws -> Int {
        let connection = try await PostgreSQLConnection.connect(configuration)
        return try await Migrations.apply(on: connection).count
    }

    private static let rollup =
        "bucket, device_id, sensor_type, avg_value, min_value, max_value, std_value, reading_count, first_value, last_value"
    private static let publicColumns = [
        "readings":
            "time, device_id, sensor_type, value, unit, quality, anomaly_score, location, metadata, received_at, event_id",
        "rollup_1m": rollup, "rollup_1h": rollup, "rollup_1d": rollup,
        "device_patterns": "device_id, hour_of_day, day_of_week, reading_count, avg_value",
    ]

    private func emptyDatabase() async throws -> PostgreSQLConfiguration {
        .init(url: try await TestServers.shared.postgreSQLURL(), applicationName: "tests")
    }
}
