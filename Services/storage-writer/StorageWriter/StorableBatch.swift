internal import Model
internal import PostgreSQL

/// A batch with the ids that PostgreSQL's compact tables want instead of names.
struct StorableBatch {
    var batch: ReadingBatch
    var producer: Int32
    /// Parallel to `batch.series`. nil where PostgreSQL refused the names themselves.
    var sensors: [Int32?]
    var units: [Int16?]
    var pipelineVersion: Int16?
    var route: Int32?
}

extension ReadingBatch {
    /// The route as PostgreSQL keeps it: names with a space between them.
    var storableRoute: String { String(route.joined(separator: " ").storable.prefix(500)) }
}

/// A dead letter with what only the store knows of it.
struct StorableDeadLetter {
    var identity: BatchIdentity
    var letter: DeadLetter
    var sqlState: String?
    /// The event id of the dead letter whose replay became this one.
    var replayOf: String?
    /// The instances that it came through.
    var route: String
}

/// What a transaction left behind when it committed.
struct Commit {
    /// What was stored for the first time: without duplicates, without refused rows.
    var fresh: [ReadingBatch] = []
    /// Says in PostgreSQL that `fresh` is not yet in the rollups; nil when it holds no reading.
    var rollupToken: Int64?
    /// Readings that were stored before.
    var duplicates = 0
    /// Dead letters written, by reason, whichever stage made them.
    var deadLetters: [DiscardReason: Int] = [:]
    /// Those of them that this writer made.
    var refused: [DiscardReason: Int] = [:]
    /// Anomalies that PostgreSQL would not have; their readings are stored all the same.
    var refusedAnomalies: [PostgreSQLError] = []

    var freshReadings: Int { fresh.reduce(0) { $0 + $1.count } }
}
