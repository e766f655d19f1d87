internal import Model

/// What was learnt and is not in the journal yet, in the order in which it was learnt.
///
/// A batch is written when it is about to be acknowledged, and before it all that was learnt earlier. So what is in the journal is always
/// the beginning of what was learnt, without a gap, whatever the order of the acknowledgements. Whoever learns it again is where
/// this instance was then; and the rest was not acknowledged, and comes again.
struct LearntBatches {
    struct Learnt: Equatable {
        var batch: ReadingBatch
        /// The wall clock when it was learnt.
        var at: Timestamp
        /// Of the leases under which it was learnt; none where Redis could not be asked for one.
        var epochs: [Partition: Int64] = [:]
    }

    private var waiting: [Learnt] = []
    /// The number of the first that waits.
    private var first = 0

    /// The number that the next one gets.
    var end: Int { first + waiting.count }

    mutating func append(_ learnt: Learnt) { waiting.append(learnt) }

    /// Takes out what is to be written before this batch is acknowledged, oldest first; nothing when it was taken before.
    mutating func take(upTo identity: BatchIdentity) -> [Learnt] {
        // The last: parts of one batch may have come one by one.
        let last = waiting.lastIndex {
            $0.batch.identity.sequence == identity.sequence && $0.batch.identity.producer == identity.producer
        }
        guard let last else { return [] }
        defer { removeFirst(last + 1) }
        return Array(waiting[...last])
    }

    /// Forgets those before `number`: what they taught is saved.
    mutating func discard(before number: Int) {
        removeFirst(min(max(number - first, 0), waiting.count))
    }

    private mutating func removeFirst(_ count: Int) {
        waiting.removeFirst(count)
        first += count
    }
}
