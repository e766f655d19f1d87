import IOLoop
import PostgreSQL

/// Asks PostgreSQL what became of the numbered readings.
@IOThread
struct ChaosLedger {
    let database: PostgreSQLConnection

    func number(_ sql: String, _ arguments: [PostgreSQLParameter] = []) async throws -> Int {
        Int(try await database.query(sql, arguments).integer(0, 0))
    }

    /// Waits until so many are stored or dead and every rollup is written.
    ///
    /// - Returns: whether that came before the limit.
    func drain(_ sent: Int, within limit: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            try Task.checkCancellation()
            let arrived = try await number(Self.distinct)
            if arrived >= sent, try await number("select count(*) from rollup_tokens") == 0 { return true }
            await EventLoop.sleep(for: .milliseconds(500))
        }
        return false
    }

    /// - Parameter problems: what kept the run from its end.
    func report(
        _ schedule: [ChaosEvent], seed: UInt64, sent: Int, drained: Bool, skipped: Int, problems: [String] = []
    ) async throws -> ChaosReport {
        let stored = try await number("select count(*) from reading_rows")
        let dead = try await number("select count(*) from dead_letters")
        return ChaosReport(
            seed: seed, sent: sent, stored: stored, dead: dead,
            duplicated: stored + dead - (try await number(Self.distinct)),
            lost: try await number(Self.lost, [.int64(Int64(sent))]), reordered: try await number(Self.reordered),
            rollupsUnequal: try await number(Self.verifyRollups),
            anomaliesDoubled: try await number(Self.anomaliesDoubled), drained: drained, skipped: skipped,
            problems: problems, schedule: schedule)
    }

    /// The numbers of readings, and of the payloads of dead letters.
    private static let arrived = """
        (select (metadata->>'n')::bigint as n from reading_rows
        union all
        select substring(encode(payload, 'escape') from '"n": *([0-9]+)')::bigint from dead_letters) arrived
        """
    private static let distinct = "select count(distinct n) + count(*) filter (where n is null) from \(arrived)"
    private static let lost = """
        select count(*) from generate_series(1, $1::bigint) as sent (n)
        where not exists (select from \(arrived) where arrived.n = sent.n)
        """
    private static let anomaliesDoubled = """
        select coalesce(sum(n - 1), 0)::bigint
        from (select count(*) as n from anomalies group by event_id, detector) readings
        """
    private static let reordered = """
        select count(*) from (
            select (metadata->>'n')::bigint as n, max((metadata->>'n')::bigint) over (
                partition by sensor_id order by received_at, sequence, position
                rows between unbounded preceding and 1 preceding) as highest
            from reading_rows) numbered
        where n < highest
        """
    private static let verifyRollups = String(decoding: PackageResources.verify_rollups_sql, as: UTF8.self)
}
