internal import IOLoop
internal import Model
internal import PostgreSQL

/// Recomputes windows from the readings, inside a transaction that the caller has begun. Set-wise: the windows of a
/// level are in the temporary table `touched_1m` (`_1h`, `_1d`), with `pending` where a token named them, and the
/// fresh rows go to `recomputed_1m` (…) before they replace the stored ones.
struct WindowRecompute {
    enum Scope {
        /// Replace the windows that the tokens name.
        case pending
        /// Also compare all windows of the range, and replace those that differ by more than rounding.
        case range(Range<Timestamp>)
    }

    struct Outcome {
        /// Windows no token named, which were compared.
        var compared = 0
        /// Compared windows that were not what the readings say.
        var changed = 0
        /// Windows that tokens named.
        var recovered = 0
    }

    let connection: PostgreSQLConnection
    let scope: Scope
    /// Recomputing a backlog of hours may take long; readers are not in its way, nor it in theirs.
    let deadline: Duration

    /// Takes every token that the transaction sees and fills `touched_1m` with the minutes that they name. Returns the
    /// number of tokens.
    ///
    /// All of them must be taken: the readings that this transaction sees include those of every token that it sees,
    /// and a token that stayed would be merged on top of them.
    @IOThread
    func takeTokens() async throws -> Int {
        try await run(
            """
            CREATE TEMPORARY TABLE touched_1m (
                sensor_id integer, bucket timestamptz, pending boolean, PRIMARY KEY (bucket, sensor_id)
            ) ON COMMIT DROP
            """)
        let rows = try await connection.query(
            """
            WITH
                taken AS (DELETE FROM rollup_tokens RETURNING sensor_ids, minutes),
                touched AS (
                    INSERT INTO touched_1m
                    SELECT DISTINCT sensor_id, to_timestamp(minute * 60.0), true
                    FROM taken CROSS JOIN LATERAL unnest(sensor_ids, minutes) AS pair (sensor_id, minute)
                )
            SELECT count(*) FROM taken
            """, within: deadline)
        return Int(rows.integer(0, 0))
    }

    /// Adds the other minutes of the scope, which have readings or a row.
    @IOThread
    private func touchRange() async throws {
        guard case .range(let range) = scope else { return }
        try await connection.query(
            """
            INSERT INTO touched_1m
            SELECT sensor_id, date_bin('1 minute', time, 'epoch'), false
            FROM reading_rows WHERE time >= $1 AND time < $2
            UNION
            SELECT sensor_id, bucket, false FROM rollup_1m_rows WHERE bucket >= $1 AND bucket < $2
            ON CONFLICT DO NOTHING
            """, range.parameters, within: deadline)
    }

    /// Adds rows of the scope whose windows have lost all their minutes.
    @IOThread
    private func touchStrayRows(_ level: WindowLevel) async throws {
        guard case .range(let range) = scope else { return }
        let start = Timestamp(microseconds: level.bucket(of: range.lowerBound.microseconds))
        try await connection.query(level.strayRows, (start..<range.upperBound).parameters, within: deadline)
    }

    /// Recomputes the minutes in `touched_1m`, then the hours that hold them, then the days.
    @IOThread
    func run() async throws -> Outcome {
        var outcome = Outcome()
        try await touchRange()
        for level in WindowLevel.allCases {
            if let finer = level.finer {
                try await run(level.touched(by: finer))
                try await touchStrayRows(level)
            }
            try await run("ANALYZE touched_\(level.suffix)")
            outcome.recovered += try await countPending(level)
            outcome.compared += try await countTouched(level)
            try await recompute(level)
            if case .range = scope { outcome.changed += try await keepDifferences(level) }
            try await replace(level)
        }
        outcome.compared -= outcome.recovered
        return outcome
    }

    /// Day by day where readings are read, since they are partitioned by day.
    @IOThread
    private func recompute(_ level: WindowLevel) async throws {
        try await run(level.recomputedTable)
        if let finer = level.finer {
            return try await run(level.recomputation(from: finer))
        }
        for day in try await touchedDays() {
            try await connection.query(level.recomputationFromReadings, day.parameters, within: deadline)
        }
    }

    @IOThread
    private func touchedDays() async throws -> [Range<Timestamp>] {
        let rows = try await connection.query(
            "SELECT DISTINCT date_bin('1 day', bucket, 'epoch') FROM touched_1m", within: deadline)
        return (0..<rows.count).map { row in
            let start = rows.timestamp(row, 0)
            return start..<Timestamp(microseconds: start.microseconds + WindowLevel.day.width)
        }
    }

    @IOThread
    private func countPending(_ level: WindowLevel) async throws -> Int {
        Int(try await query("SELECT count(*) FROM touched_\(level.suffix) WHERE pending"))
    }

    @IOThread
    private func countTouched(_ level: WindowLevel) async throws -> Int {
        Int(try await query("SELECT count(*) FROM touched_\(level.suffix)"))
    }

    /// Leaves in `recomputed` what is to be replaced, and returns how many of these no token explains.
    @IOThread
    private func keepDifferences(_ level: WindowLevel) async throws -> Int {
        try await run(level.removalOfEqualRows)
        return Int(try await query("SELECT count(*) FROM recomputed_\(level.suffix) WHERE NOT pending"))
    }

    @IOThread
    private func replace(_ level: WindowLevel) async throws {
        try await run(level.replacement)
        try await run(level.removalOfEmptyWindows)
    }

    @IOThread
    private func run(_ sql: String) async throws {
        try await connection.execute(sql, within: deadline)
    }

    @IOThread
    private func query(_ sql: String) async throws -> Int64 {
        try await connection.query(sql, within: deadline).integer(0, 0)
    }
}

extension Range<Timestamp> {
    fileprivate var parameters: [PostgreSQLParameter] { [.timestamp(lowerBound), .timestamp(upperBound)] }
}
