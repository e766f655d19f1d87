internal import Model

/// The readings of one committed transaction of storage-writer, under the token that it left in PostgreSQL.
struct PendingBatch {
    var token: Int64
    var readings: ReadingBatch
}

/// A pending batch with the sensor id of each series of its dictionary.
struct IdentifiedBatch {
    var token: Int64
    var readings: ReadingBatch
    var sensors: [Int32]
}

/// Batches that wait for the next merge. Bounded: what does not fit is let go, since its token stays in PostgreSQL and
/// recovery will find it.
struct PendingBatches {
    let limit: Int
    private(set) var batches: [PendingBatch] = []
    private(set) var readings = 0

    init(limit: Int) {
        self.limit = limit
    }

    var isEmpty: Bool { batches.isEmpty }

    enum Verdict {
        case kept
        case leftToRecovery
    }

    mutating func add(_ batch: PendingBatch) -> Verdict {
        guard readings + batch.readings.count <= limit || batches.isEmpty else { return .leftToRecovery }
        batches.append(batch)
        readings += batch.readings.count
        return .kept
    }

    /// Empties it.
    mutating func takeAll() -> [PendingBatch] {
        defer {
            batches = []
            readings = 0
        }
        return batches
    }
}
