internal import IOLoop
public import Model
internal import PostgreSQL

/// Compares the rollups of a range with what the readings say, and puts right what differs: it must find nothing.
///
/// It goes day by day. Each day is one repeatable-read transaction that first takes the tokens that it sees, as
/// recovery does; windows that these name are recomputed without being counted as changed, so that a rebuild of a live
/// system reports zero too.
struct RollupRebuild {
    let connection: PostgreSQLConnection
    var deadline = Duration.seconds(7_200)

    /// Throws ``RebuildError`` and ``PostgreSQLError``. Days done before an error stay done.
    @IOThread
    func run(_ range: Range<Timestamp>) async throws -> RebuildReport {
        var report = RebuildReport()
        var start = range.lowerBound
        while start < range.upperBound {
            let day = WindowLevel.day
            let midnight = Timestamp(microseconds: day.bucket(of: start.microseconds) + day.width)
            let end = min(midnight, range.upperBound)
            try await rebuild(start..<end, into: &report)
            start = end
        }
        return report
    }

    /// What retention has dropped can not be recomputed, and its rollups are all that is left of it. Asked in each day's
    /// own snapshot, since retention may move on meanwhile.
    @IOThread
    private func refuseBeforeHorizon(_ start: Timestamp) async throws {
        let rows = try await connection.query(
            "SELECT horizon > $1, horizon::text FROM retention", [.timestamp(start)])
        guard rows.count == 1, rows.boolean(0, 0) else { return }
        throw RebuildError.beforeRetentionHorizon(start: start, horizon: rows.text(0, 1))
    }

    @IOThread
    private func rebuild(_ day: Range<Timestamp>, into report: inout RebuildReport) async throws {
        try await refuseBeforeHorizon(day.lowerBound)
        guard try await hasAnything(day) else { return }
        let outcome = try await IsolatedTransaction(connection: connection).run { _ in
            try await refuseBeforeHorizon(day.lowerBound)
            let recompute = WindowRecompute(connection: connection, scope: .range(day), deadline: deadline)
            _ = try await recompute.takeTokens()
            return try await recompute.run()
        }
        report.compared += outcome.compared
        report.changed += outcome.changed
        report.recovered += outcome.recovered
    }

    /// Decades without readings are passed over quickly.
    @IOThread
    private func hasAnything(_ day: Range<Timestamp>) async throws -> Bool {
        let start = WindowLevel.day.bucket(of: day.lowerBound.microseconds)
        let rows = try await connection.query(
            """
            SELECT EXISTS (SELECT FROM reading_rows WHERE time >= $1 AND time < $2)
                OR EXISTS (SELECT FROM rollup_1m_rows WHERE bucket >= $1 AND bucket < $2)
                OR EXISTS (SELECT FROM rollup_1h_rows WHERE bucket >= $1 AND bucket < $2)
                OR EXISTS (SELECT FROM rollup_1d_rows WHERE bucket >= $1 AND bucket < $2)
            """,
            [.timestamp(Timestamp(microseconds: start)), .timestamp(day.upperBound)], within: deadline)
        return rows.boolean(0, 0)
    }
}

/// What a rebuild found, in rows of `rollup_1m`, `rollup_1h` and `rollup_1d` together.
public struct RebuildReport: Sendable, Equatable {
    /// Rows compared with the readings.
    public var compared = 0
    /// Rows that differed by more than rounding and were put right; zero unless something is broken.
    public var changed = 0
    /// Rows whose readings had not been merged yet; they were recomputed.
    public var recovered = 0
}

extension RebuildReport: CustomStringConvertible {
    public var description: String {
        "\(compared) rows compared, \(changed) changed, \(recovered) brought up to date"
    }
}

/// Why a rebuild did not start.
public enum RebuildError: Error, Sendable, CustomStringConvertible {
    case beforeRetentionHorizon(start: Timestamp, horizon: String)

    public var description: String {
        switch self {
        case .beforeRetentionHorizon(let start, let horizon):
            "cannot rebuild from \(start): readings before \(horizon) have been dropped by retention, "
                + "and their rollups cannot be computed again; start at \(horizon) or later"
        }
    }
}
