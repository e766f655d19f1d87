internal import IOLoop
internal import Model
internal import PostgreSQL

/// Drops the days that are older than readings are kept for. Their rollups stay.
///
/// The horizon moves first: from then on no transaction stores anything before it. Then every transaction that may have
/// seen the old one is waited for, and only days of which no rollup token speaks are dropped, without any lock that
/// would hold up writing for longer than a moment.
@IOThread
struct Retention {
    /// What came of one turn; days are `YYYYMMDD`.
    struct Outcome {
        var dropped: [String] = []
        /// Somebody was at work on it, such as a backup. It and those after it are for a later turn.
        var busy: String?
    }

    let keep: Duration

    func run(at now: Timestamp, on connection: PostgreSQLConnection) async throws -> Outcome {
        guard try await lock(on: connection) else { return Outcome() }
        do {
            let outcome = try await dropOldDays(at: now, on: connection)
            try await unlock(on: connection)
            return outcome
        } catch {
            // A connection that is left open would keep the lock.
            connection.close()
            throw error
        }
    }

    /// One writer at a time; the others leave it to that one.
    private func lock(on connection: PostgreSQLConnection) async throws -> Bool {
        try await connection.query("SELECT pg_try_advisory_lock(7561577, 4)").boolean(0, 0)
    }

    private func unlock(on connection: PostgreSQLConnection) async throws {
        try await connection.query("SELECT pg_advisory_unlock(7561577, 4)")
    }

    private func dropOldDays(at now: Timestamp, on connection: PostgreSQLConnection) async throws -> Outcome {
        try await moveHorizon(at: now, on: connection)
        // Whoever saw the old horizon holds this lock until its commit.
        try await connection.execute("BEGIN; SELECT pg_advisory_xact_lock(\(Deliveries.lock)); COMMIT")
        let days = try await connection.query(Self.droppable)
        var outcome = Outcome()
        for row in 0..<days.count {
            let day = days.text(row, 0)
            guard try await drop(day, days.text(row, 1), on: connection) else {
                outcome.busy = day
                break
            }
            outcome.dropped.append(day)
        }
        return outcome
    }

    /// - Returns: false when somebody else has a lock that is in the way.
    private func drop(_ day: String, _ state: String, on connection: PostgreSQLConnection) async throws -> Bool {
        var isDropped = true
        // RESET would not bring it back, but the server's own.
        let patience = try await connection.query("SHOW lock_timeout").text(0, 0)
        do {
            try await dropNow(day, state, on: connection)
        } catch let error as PostgreSQLError where error.sqlState == Self.lockNotAvailable {
            isDropped = false
        }
        try await connection.query("SELECT set_config('lock_timeout', $1, false)", [.text(patience)])
        return isDropped
    }

    private static let lockNotAvailable = "55P03"

    /// To the beginning of a day, and never back.
    private func moveHorizon(at now: Timestamp, on connection: PostgreSQLConnection) async throws {
        let oldest = now.advanced(by: .zero - keep).microseconds.flooredQuotient(ReadingDays.microseconds)
        try await connection.query(
            "UPDATE retention SET horizon = $1 WHERE horizon < $1",
            [.timestamp(Timestamp(microseconds: oldest * ReadingDays.microseconds))])
    }

    /// CONCURRENTLY lets writers and readers go on; it is for the owner of the tables, and nobody waits behind it. A drop that was
    /// interrupted is taken up where it stopped.
    private func dropNow(_ day: String, _ state: String, on connection: PostgreSQLConnection) async throws {
        guard try await ownsTables(connection) else {
            try await connection.query("SELECT drop_reading_day(to_date($1, 'YYYYMMDD'))", [.text(day)])
            return
        }
        let table = "reading_rows_\(day)"
        try await connection.execute("SET lock_timeout = '1s'")
        if state == "attached" {
            try await connection.execute("ALTER TABLE reading_rows DETACH PARTITION \(table) CONCURRENTLY")
        } else if state == "detaching" {
            try await connection.execute("ALTER TABLE reading_rows DETACH PARTITION \(table) FINALIZE")
        }
        try await connection.execute("DROP TABLE \(table)")
    }

    private func ownsTables(_ connection: PostgreSQLConnection) async throws -> Bool {
        try await connection.query(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'reading_rows'::regclass"
        ).boolean(0, 0)
    }

    private static let droppable = """
        SELECT day, state
        FROM (
            SELECT right(c.relname, 8) AS day, to_date(right(c.relname, 8), 'YYYYMMDD') AS date,
                CASE WHEN i.inhrelid IS NULL THEN 'detached' WHEN i.inhdetachpending THEN 'detaching' ELSE 'attached' END
                AS state
            FROM pg_class c
            LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE c.relname ~ '^reading_rows_[0-9]{8}$' AND c.relkind = 'r'
                AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'reading_rows'::regclass)) AS days
        WHERE date < (SELECT (horizon AT TIME ZONE 'UTC')::date FROM retention)
            AND NOT EXISTS (
                SELECT FROM rollup_tokens, unnest(minutes) AS minute
                WHERE minute >= (date - date '1970-01-01') * 1440 AND minute < (date - date '1970-01-01' + 1) * 1440)
        ORDER BY day
        """
}
