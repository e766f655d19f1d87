internal import IOLoop
internal import Model
internal import PostgreSQL

/// The record. Stores batches in PostgreSQL exactly once: readings, dead letters, presence, anomalies and the rollup token
/// of several batches in one transaction, behind a claim on what they cover.
@IOThread
final class PostgreSQLSink {
    let session: PostgreSQLSession
    /// The connection that `catalog` and `days` learnt from.
    private var known: PostgreSQLConnection?
    private let catalog = IdentifierCatalog()
    private let days = ReadingDays()
    private let readings = ReadingRows()
    private let deadLetters = DeadLetterRows()
    /// The greatest low-water mark that batches brought, by producer. Housekeeping takes it from here.
    private(set) var lowWater: [String: UInt64] = [:]

    init(_ session: PostgreSQLSession) {
        self.session = session
    }

    /// All of it or nothing. After an error for which `isRetriable` holds the same batches may be given again, also
    /// when the connection broke during COMMIT: the claim tells whether it took place.
    func store(_ batches: [ReadingBatch]) async throws -> Commit {
        let connection = try await session.connection()
        if connection !== known { forgetAll() }
        known = connection
        do {
            return try await store(batches, on: connection)
        } catch let error as PostgreSQLError where error.isMissingPartition {
            days.forgetAll()
            return try await store(batches, on: connection)
        } catch {
            // It may come of an id whose row somebody has deleted. Looking all of them up again costs little.
            forgetAll()
            throw error
        }
    }

    /// A new connection may lead to another database: one restored, or a standby that lagged.
    private func forgetAll() {
        catalog.forgetAll()
        days.forgetAll()
    }

    private func store(_ batches: [ReadingBatch], on connection: PostgreSQLConnection) async throws -> Commit {
        let storable = try await catalog.resolve(batches, on: connection)
        try await days.make(for: batches, on: connection)
        let commit = try await connection.transaction(begin: Self.begin) {
            try await self.storeFresh(storable, on: connection)
        }
        for batch in batches {
            lowWater[batch.identity.producer] = max(lowWater[batch.identity.producer] ?? 0, batch.lowWater)
        }
        return commit
    }

    private static let begin = "BEGIN; SELECT pg_advisory_xact_lock_shared(\(Deliveries.lock))"

    // MARK: Inside the transaction

    private func storeFresh(_ batches: [StorableBatch], on connection: PostgreSQLConnection) async throws -> Commit {
        let (claimed, repeated) = try await Deliveries(connection: connection).claim(batches)
        let (once, replayed) = try await Replays(connection: connection).claim(claimed)
        let duplicates = repeated + replayed
        var work = CommitWork(batches: once.filter { !$0.batch.isEmpty })
        guard !work.batches.isEmpty else {
            try await keepAccount(claimed, once, work, [], on: connection)
            return Commit(duplicates: duplicates)
        }
        try await refuseUnstorable(&work, on: connection)
        try await storeReadings(&work, on: connection)
        let refusedPresence = try await PresenceRows(connection: connection).store(work.presence)
        work.deadLetters += refusedPresence
        try await deadLetters.store(work.deadLetters, on: connection)
        try await keepAccount(claimed, once, work, refusedPresence, on: connection)
        let fresh = work.batches.map(\.batch)
        let refusedAnomalies = try await AnomalyRows(connection: connection).store(fresh)
        let token = try await RollupTokens(connection: connection).leave(for: work.batches)
        var commit = work.commit(token: token, duplicates: duplicates)
        commit.refusedAnomalies = refusedAnomalies.map(\.error)
        return commit
    }

    private func keepAccount(
        _ claimed: [StorableBatch], _ once: [StorableBatch], _ work: CommitWork, _ refused: [StorableDeadLetter],
        on connection: PostgreSQLConnection
    ) async throws {
        try await DeliveryAccounts(connection: connection).store(
            DeliveryAccounts.Account.list(
                claimed: claimed, once: once, stored: work.batches, deadLetters: work.deadLetters,
                refusedPresence: refused))
    }

    /// Takes out what cannot be stored whatever the table says: too old, out of the calendar, or without an id.
    private func refuseUnstorable(_ work: inout CommitWork, on connection: PostgreSQLConnection) async throws {
        work.refuseTimes(before: try await days.readHorizon(on: connection))
        work.refuseSeries { catalog.refusal(of: $0) }
    }

    private func storeReadings(_ work: inout CommitWork, on connection: PostgreSQLConnection) async throws {
        let batches = work.batches
        let total = batches.reduce(0) { $0 + $1.batch.count }
        let refusals = try await RowIsolation(connection: connection).store(0..<total) { range in
            try await self.readings.store(range, of: batches, on: connection)
        }
        work.refuse(refusals)
    }
}
