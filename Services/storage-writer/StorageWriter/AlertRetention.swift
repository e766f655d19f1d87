internal import IOLoop
internal import Model
internal import PostgreSQL

/// Deletes alerts that are over for so long, with their steps and acknowledgements. Those that are open stay, whatever their age.
@IOThread
struct AlertRetention {
    let keep: Duration
    /// In one transaction, so that no detector waits for it.
    var pageSize = 1_000

    /// One page; the next turn takes the next.
    ///
    /// - Returns: how many alerts are gone.
    func run(at now: Timestamp, on connection: PostgreSQLConnection) async throws -> Int {
        let horizon = now.advanced(by: .zero - keep)
        return Int(
            try await connection.query(Self.delete, [.timestamp(horizon), .int64(Int64(pageSize))]).integer(0, 0))
    }

    /// By the readings' clock and by ours: what came of a recording of last year was recorded today.
    private static let delete = """
        WITH due AS (
            SELECT alert_id FROM alerts
            WHERE state = 'resolved' AND changed_at < $1 AND created_at < $1
            ORDER BY changed_at, alert_id LIMIT $2 FOR UPDATE SKIP LOCKED),
        gone AS (DELETE FROM alerts USING due WHERE alerts.alert_id = due.alert_id RETURNING alerts.alert_id)
        SELECT count(*) FROM gone
        """
}
