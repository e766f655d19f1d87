internal import IOLoop
public import PostgreSQL

/// The schema of the database, as numbered SQL files that are compiled into the executable: an executable that is
/// copied elsewhere, or linked statically, still has them.
public enum Migrations {
    /// In the order in which they run. A file that has been released is never edited; a change is a new file.
    public static let all: [Migration] = [
        Migration(number: 1, name: "readings", embedded: PackageResources._001_readings_sql),
        Migration(number: 2, name: "events", embedded: PackageResources._002_events_sql),
        Migration(number: 10, name: "rollups", embedded: PackageResources._010_rollups_sql),
        Migration(number: 11, name: "replays", embedded: PackageResources._011_replays_sql),
        Migration(number: 12, name: "accounts", embedded: PackageResources._012_accounts_sql),
        Migration(number: 13, name: "routes", embedded: PackageResources._013_routes_sql),
        Migration(number: 14, name: "edge_producers", embedded: PackageResources._014_edge_producers_sql),
        Migration(number: 15, name: "alert_lifecycles", embedded: PackageResources._015_alert_lifecycles_sql),
        Migration(number: 16, name: "alert_ids", embedded: PackageResources._016_alert_ids_sql),
        Migration(number: 17, name: "json_is_a_keyword", embedded: PackageResources._017_json_is_a_keyword_sql),
        Migration(number: 18, name: "roles", embedded: PackageResources._018_roles_sql),
    ]

    /// Brings the database to this executable's schema. Returns what it had to run.
    ///
    /// Replicas that start together queue on an advisory lock; all steps that are missing run in one transaction, so a
    /// step that fails leaves the database as it was. A database that is newer than this executable is left alone. Whoever
    /// may not make tables can run on one that is not older.
    @IOThread
    @discardableResult
    public static func apply(_ migrations: [Migration] = all, on connection: PostgreSQLConnection) async throws
        -> [Migration]
    {
        if try await isDone(migrations, on: connection) { return [] }
        do {
            return try await applyMissing(migrations, on: connection)
        } catch var error as PostgreSQLError where error.sqlState == "42501" {
            error.operation = "bring the database to this version's schema"
            error.detail = "run `storage-writer migrate` as the owner of the tables first"
            throw error
        }
    }

    /// Without any right but to read.
    @IOThread
    private static func isDone(_ migrations: [Migration], on connection: PostgreSQLConnection) async throws -> Bool {
        let journal = try await connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL")
        guard journal.boolean(0, 0) else { return false }
        let done = try await applied(on: connection)
        return migrations.allSatisfy { done.contains($0.number) }
    }

    @IOThread
    private static func applyMissing(
        _ migrations: [Migration], on connection: PostgreSQLConnection
    ) async throws -> [Migration] {
        try await connection.transaction {
            try await connection.execute(
                "SET LOCAL client_min_messages = warning; SELECT pg_advisory_xact_lock(7561577, 1)")
            // Whoever waits for a table in use makes all others wait behind it: rather give up, and be tried again.
            try await connection.execute("SET LOCAL lock_timeout = '5s'")
            try await connection.execute(journal)
            let done = try await applied(on: connection)
            let missing = migrations.filter { !done.contains($0.number) }.sorted { $0.number < $1.number }
            for migration in missing {
                try await run(migration, on: connection)
            }
            return missing
        }
    }

    private static let journal = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number integer PRIMARY KEY,
            name text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """

    @IOThread
    private static func applied(on connection: PostgreSQLConnection) async throws -> Set<Int> {
        let rows = try await connection.query("SELECT number FROM schema_migrations")
        return Set((0..<rows.count).map { Int(rows.integer($0, 0)) })
    }

    @IOThread
    private static func run(_ migration: Migration, on connection: PostgreSQLConnection) async throws {
        do {
            try await connection.execute(migration.sql)
        } catch var error as PostgreSQLError where error.kind == .refused {
            error.operation = "migration \(migration.number) (\(migration.name))"
            throw error
        }
        try await connection.query(
            "INSERT INTO schema_migrations (number, name) VALUES ($1, $2)",
            [.int32(Int32(migration.number)), .text(migration.name)])
    }
}

extension Migration {
    fileprivate init(number: Int, name: String, embedded bytes: [UInt8]) {
        self.init(number: number, name: name, sql: String(decoding: bytes, as: UTF8.self))
    }
}
