internal import Model
internal import PostgreSQL

/// The fresh part of a group of batches on its way through a transaction: rows that cannot be stored as readings move
/// to the dead letters.
struct CommitWork {
    private(set) var batches: [StorableBatch]
    /// Those that came with the batches, and those that this transaction adds.
    var deadLetters: [StorableDeadLetter] = []
    private var refused: [DiscardReason: Int] = [:]

    init(batches: [StorableBatch]) {
        self.batches = batches
        for item in batches {
            deadLetters += item.batch.deadLetters.map { Self.storable($0, of: item.batch) }
        }
    }

    var presence: [PresenceRows.Change] {
        batches.flatMap { item in
            item.batch.presence.map { change in
                PresenceRows.Change(
                    identity: item.batch.identity, change: change,
                    replayOf: item.batch.replay(ofPosition: change.position), route: item.batch.storableRoute)
            }
        }
    }

    func commit(token: Int64?, duplicates: Int) -> Commit {
        var commit = Commit(
            fresh: batches.map(\.batch), rollupToken: token, duplicates: duplicates, refused: refused)
        for item in deadLetters { commit.deadLetters[item.letter.reason, default: 0] += 1 }
        return commit
    }

    // MARK: Refusing

    private struct Refusal {
        var row: Int
        var reason: DiscardReason
        var detail: String
        var sqlState: String?

        init(row: Int, reason: DiscardReason, detail: String) {
            self.row = row
            self.reason = reason
            self.detail = detail
        }

        init(row: Int, error: PostgreSQLError) {
            let detail = error.detail.map { "\(error.message): \($0)" } ?? error.message
            self.init(row: row, reason: .refusedByPostgreSQL, detail: detail)
            sqlState = error.sqlState
        }
    }

    /// Readings older than what retention keeps, or outside of the years that a partition can be named after.
    mutating func refuseTimes(before horizon: Timestamp) {
        for index in batches.indices {
            let times = batches[index].batch.timestamp
            let range = max(horizon.microseconds, StorableTime.range.lowerBound)..<StorableTime.range.upperBound
            guard !times.allSatisfy(range.contains) else { continue }
            let refusals = times.indices.filter { !range.contains(times[$0]) }.map { row in
                Self.refusal(ofTime: Timestamp(microseconds: times[row]), row: row, horizon: horizon)
            }
            move(refusals, of: index)
        }
    }

    private static func refusal(ofTime time: Timestamp, row: Int, horizon: Timestamp) -> Refusal {
        guard StorableTime.range.contains(time.microseconds) else {
            return Refusal(
                row: row, reason: .timestampOutOfRange, detail: "the time is outside of the years 1 to 9999")
        }
        return Refusal(
            row: row, reason: .olderThanRetention,
            detail: "measured at \(time), and readings before \(horizon) are not kept any more")
    }

    /// Readings of series whose names PostgreSQL refused.
    mutating func refuseSeries(_ refusal: (Series) -> PostgreSQLError?) {
        for index in batches.indices {
            let item = batches[index]
            let errors = item.batch.series.indices.map { series in
                item.sensors[series] == nil || item.units[series] == nil ? refusal(item.batch.series[series]) : nil
            }
            guard errors.contains(where: { $0 != nil }) else { continue }
            let refusals = (0..<item.batch.count).compactMap { row in
                errors[Int(item.batch.seriesIndex[row])].map { Refusal(row: row, error: $0) }
            }
            move(refusals, of: index)
        }
    }

    /// Rows that COPY refused, numbered through all batches.
    mutating func refuse(_ refusals: [RowIsolation.Refusal]) {
        guard !refusals.isEmpty else { return }
        var start = 0
        for index in batches.indices {
            let end = start + batches[index].batch.count
            let mine = refusals.filter { (start..<end).contains($0.row) }
            move(mine.map { Refusal(row: $0.row - start, error: $0.error) }, of: index)
            start = end
        }
    }

    private static func storable(
        _ letter: DeadLetter, of batch: ReadingBatch, sqlState: String? = nil
    ) -> StorableDeadLetter {
        StorableDeadLetter(
            identity: batch.identity, letter: letter, sqlState: sqlState,
            replayOf: batch.replay(ofPosition: letter.position), route: batch.storableRoute)
    }

    private mutating func move(_ refusals: [Refusal], of index: Int) {
        guard !refusals.isEmpty else { return }
        let batch = batches[index].batch
        for refusal in refusals {
            let letter = batch.deadLetter(
                ofRow: refusal.row, reason: refusal.reason, detail: refusal.detail, stage: "storage-writer")
            deadLetters.append(Self.storable(letter, of: batch, sqlState: refusal.sqlState))
            refused[refusal.reason, default: 0] += 1
        }
        batches[index].batch.removeRows(refusals.map { UInt32($0.row) })
    }
}
