internal import IOLoop
internal import Model
internal import PostgreSQL

/// The days that have a partition, as far as this writer knows, and the making of those that are missing.
@IOThread
final class ReadingDays {
    /// Days since 1970-01-01.
    private var known: Set<Int64> = []

    nonisolated static let microseconds: Int64 = 86_400_000_000

    func forgetAll() {
        known.removeAll()
    }

    /// Where retention begins, now. A transaction that holds the deliveries' lock sees it stand still.
    func readHorizon(on connection: PostgreSQLConnection) async throws -> Timestamp {
        try await connection.query(Self.horizon, []).timestamp(0, 0)
    }

    private nonisolated static let horizon = PreparedStatement(name: "horizon", sql: "SELECT horizon FROM retention")

    /// Makes today's partition and those of the `count` days after it.
    func makeAhead(_ count: Int, from now: Timestamp, on connection: PostgreSQLConnection) async throws {
        let today = now.microseconds.flooredQuotient(Self.microseconds)
        try await make(Set(today...(today + Int64(count))), on: connection)
    }

    /// Makes what the readings of `batches` need: usually nothing.
    func make(for batches: [ReadingBatch], on connection: PostgreSQLConnection) async throws {
        var needed: Set<Int64> = []
        for batch in batches { collectDays(of: batch.timestamp, into: &needed) }
        guard !needed.isEmpty else { return }
        let oldest = try await readHorizon(on: connection).microseconds.flooredQuotient(Self.microseconds)
        needed = needed.filter { $0 >= oldest }
        try await make(needed, on: connection)
    }

    private func collectDays(of times: [Int64], into needed: inout Set<Int64>) {
        // The day of the reading before, as readings come mostly from one day.
        var low: Int64 = 0
        var high: Int64 = 0
        for time in times where time < low || time >= high {
            guard StorableTime.range.contains(time) else { continue }
            let day = time.flooredQuotient(Self.microseconds)
            low = day * Self.microseconds
            high = low + Self.microseconds
            if !known.contains(day) { needed.insert(day) }
        }
    }

    private func make(_ days: Set<Int64>, on connection: PostgreSQLConnection) async throws {
        let missing = days.subtracting(known)
        guard !missing.isEmpty else { return }
        try await connection.query(
            "SELECT make_reading_day(date '1970-01-01' + day) FROM unnest($1) AS day",
            [.int32s(missing.sorted().map { Int32($0) })])
        known.formUnion(missing)
    }
}

/// What a partition's name can bear: the years 1 to 9999.
enum StorableTime {
    static let range: Range<Int64> = {
        let first = CivilDate(year: 1, month: 1, day: 1).daysSinceEpoch
        let end = CivilDate(year: 10_000, month: 1, day: 1).daysSinceEpoch
        return (first * ReadingDays.microseconds)..<(end * ReadingDays.microseconds)
    }()
}

extension PostgreSQLError {
    /// The day's partition is not there, though this writer had seen it: dropped by hand or by retention.
    var isMissingPartition: Bool {
        sqlState == "23514" && constraint == nil && message.hasPrefix("no partition of relation")
    }
}
