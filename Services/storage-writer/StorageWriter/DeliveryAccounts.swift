internal import IOLoop
internal import Ledger
internal import Model
internal import PostgreSQL

/// The database's side of the ledger: what became of each batch, in the transaction that decides it.
@IOThread
struct DeliveryAccounts {
    let connection: PostgreSQLConnection

    /// One batch, or the part of it that one transaction stores.
    struct Account {
        var producer: Int32
        var sequence: UInt64
        var readings = 0
        var deadLetters = 0
        var presence = 0
        var replayedBefore = 0
    }

    func store(_ accounts: [Account]) async throws {
        guard !accounts.isEmpty else { return }
        try await connection.query(
            Self.insert,
            [
                .int32s(accounts.map(\.producer)), .int64s(accounts.map { Int64(bitPattern: $0.sequence) }),
                .int32s(accounts.map { Int32(clamping: $0.readings) }),
                .int32s(accounts.map { Int32(clamping: $0.deadLetters) }),
                .int32s(accounts.map { Int32(clamping: $0.presence) }),
                .int32s(accounts.map { Int32(clamping: $0.replayedBefore) }),
            ])
    }

    /// Adds the accounts of what is done for good up, so that few remain.
    func fold() async throws {
        try await connection.execute(
            """
            WITH gone AS (
                DELETE FROM delivery_accounts a USING producers p
                WHERE a.producer_id = p.producer_id AND a.sequence < p.low_water RETURNING a.*),
            sums AS (
                SELECT producer_id, sum(readings) AS readings, sum(dead_letters) AS dead_letters,
                    sum(presence) AS presence, sum(replayed_before) AS replayed_before
                FROM gone GROUP BY producer_id ORDER BY producer_id)
            UPDATE producers p SET readings = p.readings + s.readings, dead_letters = p.dead_letters + s.dead_letters,
                presence = p.presence + s.presence, replayed_before = p.replayed_before + s.replayed_before
            FROM sums s WHERE s.producer_id = p.producer_id
            """)
    }

    /// What the database has of each producer below a sequence.
    func totals(_ marks: [(producer: String, sequence: UInt64)]) async throws -> [DeliveryTotals] {
        let rows = try await connection.query(
            Self.select,
            [.texts(marks.map(\.producer)), .int64s(marks.map { Int64(bitPattern: $0.sequence) })])
        return (0..<rows.count).map { row in
            DeliveryTotals(
                producer: rows.text(row, 0), lowWater: UInt64(bitPattern: rows.integer(row, 1)),
                readings: Int(rows.integer(row, 2)), deadLetters: Int(rows.integer(row, 3)),
                presence: Int(rows.integer(row, 4)), replayedBefore: Int(rows.integer(row, 5)))
        }
    }

    private nonisolated static let insert = PreparedStatement(
        name: "store accounts",
        sql: """
            INSERT INTO delivery_accounts (producer_id, sequence, readings, dead_letters, presence, replayed_before)
            SELECT * FROM unnest($1::int[], $2::bigint[], $3::int[], $4::int[], $5::int[], $6::int[])
            """)

    private nonisolated static let select = PreparedStatement(
        name: "sum accounts",
        sql: """
            SELECT p.name, p.low_water, p.readings + coalesce(a.readings, 0), p.dead_letters + coalesce(a.dead_letters, 0),
                p.presence + coalesce(a.presence, 0), p.replayed_before + coalesce(a.replayed_before, 0)
            FROM unnest($1::text[], $2::bigint[]) AS m (name, mark) JOIN producers p USING (name)
            LEFT JOIN LATERAL (
                SELECT sum(readings)::bigint AS readings, sum(dead_letters)::bigint AS dead_letters,
                    sum(presence)::bigint AS presence, sum(replayed_before)::bigint AS replayed_before
                FROM delivery_accounts d WHERE d.producer_id = p.producer_id AND d.sequence < m.mark) a ON true
            """)
}

extension DeliveryAccounts.Account {
    /// Accounts for what was claimed: each item became a row, a dead letter or a change of presence, or was there before.
    ///
    /// - Parameters:
    ///   - claimed: the fresh parts, replays included that turn out to be repetitions.
    ///   - once: the same, without those.
    ///   - stored: what is left of `once` to be stored as readings.
    ///   - refusedPresence: of these changes dead letters were made, which are among `deadLetters`.
    static func list(
        claimed: [StorableBatch], once: [StorableBatch], stored: [StorableBatch], deadLetters: [StorableDeadLetter],
        refusedPresence: [StorableDeadLetter]
    ) -> [DeliveryAccounts.Account] {
        var accounts: [BatchIdentity: DeliveryAccounts.Account] = [:]
        for (before, after) in zip(claimed, once) where !before.batch.isEmpty {
            let identity = before.batch.identity
            var account =
                accounts[identity] ?? DeliveryAccounts.Account(producer: before.producer, sequence: identity.sequence)
            account.presence += after.batch.presence.count
            account.replayedBefore += before.batch.itemCount - after.batch.itemCount
            accounts[identity] = account
        }
        for item in stored { accounts[item.batch.identity]?.readings += item.batch.count }
        for item in deadLetters { accounts[item.identity]?.deadLetters += 1 }
        for item in refusedPresence { accounts[item.identity]?.presence -= 1 }
        return accounts.values.sorted { ($0.producer, $0.sequence) < ($1.producer, $1.sequence) }
    }
}

extension ReadingBatch {
    fileprivate var itemCount: Int { count + deadLetters.count + presence.count }
}
