internal import IOLoop
internal import Model
internal import PostgreSQL

/// Adds what readings contribute to their windows, exactly once.
///
/// The batches' tokens are taken in the transaction that adds their readings. A token that is gone has been merged or
/// recovered before, by this process or another, and its batch is left out.
struct RollupMerge {
    struct Outcome {
        /// Batches whose token was still there.
        var mergedBatches = 0
        var mergedReadings = 0
        /// Rows of the three tables that were inserted or updated.
        var windows = 0
    }

    /// Throws ``PostgreSQLError``; a `connectionLost` leaves open whether the merge took place, and merging the same
    /// batches again finds out by their tokens.
    @IOThread
    static func run(_ batches: [IdentifiedBatch], on connection: PostgreSQLConnection) async throws -> Outcome {
        try await connection.transaction(begin: begin) {
            let taken = try await take(batches.map(\.token), on: connection)
            let fold = fold(batches.filter { taken.contains($0.token) })
            var outcome = Outcome(mergedBatches: taken.count, mergedReadings: fold.readings)
            var deltas = fold.minutes()
            for level in WindowLevel.allCases where !deltas.isEmpty {
                deltas = deltas.merged(into: level)
                try await connection.query(level.mergeStatement, deltas.parameters)
                outcome.windows += deltas.count
            }
            return outcome
        }
    }

    /// The tables before the tokens: a recovery that has locked merges out waits for the tokens that a merge holds, so
    /// a merge must not wait for the tables while it holds tokens.
    private static let begin = """
        BEGIN; LOCK TABLE \(WindowLevel.allCases.map(\.table).joined(separator: ", ")) IN ROW EXCLUSIVE MODE
        """

    @IOThread
    private static func take(_ tokens: [Int64], on connection: PostgreSQLConnection) async throws -> Set<Int64> {
        let statement = PreparedStatement(
            name: "take rollup tokens", sql: "DELETE FROM rollup_tokens WHERE token = ANY ($1) RETURNING token")
        let rows = try await connection.query(statement, [.int64s(tokens.sorted())])
        return Set((0..<rows.count).map { rows.integer($0, 0) })
    }

    private static func fold(_ batches: [IdentifiedBatch]) -> WindowFold {
        var fold = WindowFold()
        for batch in batches {
            fold.add(batch.readings, sensors: batch.sensors)
        }
        return fold
    }
}

extension WindowLevel {
    /// Chan's formula is in the SQL functions `rollup_mean` and `rollup_m2`, which see the row as it is under its lock.
    var mergeStatement: PreparedStatement {
        PreparedStatement(
            name: "merge \(table)",
            sql: """
                INSERT INTO \(table) AS stored (\(Self.columns))
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                ON CONFLICT (sensor_id, bucket) DO UPDATE SET
                    n = stored.n + excluded.n,
                    mean = rollup_mean(stored.n, stored.mean, excluded.n, excluded.mean),
                    m2 = rollup_m2(
                        stored.n, stored.mean, stored.m2, excluded.n, excluded.mean, excluded.m2,
                        least(stored.min, excluded.min), greatest(stored.max, excluded.max)),
                    min = least(stored.min, excluded.min),
                    max = greatest(stored.max, excluded.max),
                    first_time = least(stored.first_time, excluded.first_time),
                    first_value = CASE
                        WHEN (excluded.first_time, excluded.first_value) < (stored.first_time, stored.first_value)
                        THEN excluded.first_value ELSE stored.first_value END,
                    last_time = greatest(stored.last_time, excluded.last_time),
                    last_value = CASE
                        WHEN (excluded.last_time, excluded.last_value) > (stored.last_time, stored.last_value)
                        THEN excluded.last_value ELSE stored.last_value END
                """)
    }

    static let columns =
        "sensor_id, bucket, n, mean, m2, min, max, first_time, first_value, last_time, last_value"
}

extension WindowDeltas {
    /// One array a column of ``WindowLevel/columns``.
    fileprivate var parameters: [PostgreSQLParameter] {
        [
            .int32s(keys.map(\.sensor)),
            .timestamps(keys.map { Timestamp(microseconds: $0.bucket) }),
            .int64s(summaries.map(\.count)),
            .doubles(summaries.map(\.mean)),
            .doubles(summaries.map(\.m2)),
            .doubles(summaries.map(\.minimum)),
            .doubles(summaries.map(\.maximum)),
            .timestamps(summaries.map { Timestamp(microseconds: $0.first.time) }),
            .doubles(summaries.map(\.first.value)),
            .timestamps(summaries.map { Timestamp(microseconds: $0.last.time) }),
            .doubles(summaries.map(\.last.value)),
        ]
    }
}
