internal import IOLoop
internal import PostgreSQL

/// A repeatable-read transaction that starts again when it conflicts with a merge.
///
/// The readings are locked against retention before the snapshot is taken: what the snapshot sees of the horizon and
/// what is read of the readings then belong together.
///
/// After ``optimisticAttempts`` it locks merges out as well, so that a recomputation that takes longer than the time
/// between two merges comes to its end. LOCK TABLE must be the first statement: it is the one that takes no snapshot.
struct IsolatedTransaction {
    let connection: PostgreSQLConnection
    var optimisticAttempts = 3
    var attempts = 10

    /// - Parameter body: gets the number of the attempt, from 0.
    @IOThread
    func run<Answer>(_ body: @IOThread (Int) async throws -> Answer) async throws -> Answer {
        var attempt = 0
        while true {
            do {
                return try await connection.transaction(begin: begin(attempt)) { try await body(attempt) }
            } catch let error as PostgreSQLError where error.isConflict && attempt + 1 < attempts {
                attempt += 1
            }
        }
    }

    /// Just-in-time compilation of a statement over hundreds of partitions takes longer than running it.
    private func begin(_ attempt: Int) -> String {
        let begin = """
            BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL jit = off;
            LOCK TABLE ONLY reading_rows IN ACCESS SHARE MODE
            """
        guard attempt >= optimisticAttempts else { return begin }
        let tables = WindowLevel.allCases.map(\.table).joined(separator: ", ")
        return "\(begin); LOCK TABLE \(tables) IN SHARE ROW EXCLUSIVE MODE"
    }
}

extension PostgreSQLError {
    /// Another transaction was first: serialization failure, deadlock, or a row inserted under the same key.
    var isConflict: Bool {
        kind == .refused && ["40001", "40P01", "23505"].contains(sqlState)
    }
}
