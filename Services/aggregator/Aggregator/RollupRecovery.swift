internal import IOLoop
internal import PostgreSQL

/// Brings the readings into the rollups whose tokens nobody took: the aggregator was away, the link skipped them, or a
/// writer died after its commit.
///
/// One repeatable-read transaction takes every token that it sees, recomputes their windows from the readings that it
/// sees, and replaces the rows. A merge that commits meanwhile has either taken one of the same tokens or written one
/// of the same rows, or does not matter here; in the first two cases PostgreSQL refuses (40001) and it starts again.
struct RollupRecovery {
    struct Outcome {
        var tokens = 0
        var windows = 0
        var conflicts = 0
    }

    let connection: PostgreSQLConnection
    var deadline = Duration.seconds(1_800)

    /// nil when another process is recovering. Throws ``PostgreSQLError``.
    @IOThread
    func run() async throws -> Outcome? {
        var outcome = Outcome()
        let ran = try await IsolatedTransaction(connection: connection).run { attempt in
            outcome.conflicts = attempt
            guard try await isOnlyOne() else { return false }
            let recompute = WindowRecompute(connection: connection, scope: .pending, deadline: deadline)
            outcome.tokens = try await recompute.takeTokens()
            outcome.windows = try await recompute.run().recovered
            return true
        }
        return ran ? outcome : nil
    }

    /// Two recoveries at once would be right, but one of the two would do its work for nothing.
    @IOThread
    private func isOnlyOne() async throws -> Bool {
        try await connection.query("SELECT pg_try_advisory_xact_lock($1)", [.int64(Self.lock)]).boolean(0, 0)
    }

    /// "rollups" in ASCII: the number only has to differ from the project's other advisory locks.
    static let lock: Int64 = 0x72_6f_6c_6c_75_70_73
}
