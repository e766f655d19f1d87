/// The pipelines whose replies have not all come, in the order of sending: Redis answers in that order.
struct PendingReplies {
    struct Entry {
        var pipeline: RedisPipeline
        var replies: [RedisValue] = []
        var deadline: ContinuousClock.Instant
        /// Calls of scripts that the server does not know are sent a second time, never a third.
        var mayCallAgain: Bool
        var completion: RedisConnection.Completion
    }

    private var entries: [Entry] = []
    /// Entries before this are done; compacted now and then instead of shifted each time.
    private var head = 0
    private(set) var byteCount = 0

    var isEmpty: Bool { head == entries.count }
    var firstDeadline: ContinuousClock.Instant? { isEmpty ? nil : entries[head].deadline }

    mutating func append(_ entry: Entry) {
        byteCount += entry.pipeline.byteCount
        entries.append(entry)
    }

    /// - Returns: The pipeline that this reply completes, or nil. `unexpected` is set for a reply to nothing.
    mutating func take(_ reply: RedisValue, unexpected: inout Bool) -> Entry? {
        guard !isEmpty else {
            unexpected = true
            return nil
        }
        entries[head].replies.append(reply)
        guard entries[head].replies.count == entries[head].pipeline.count else { return nil }
        let done = entries[head]
        byteCount -= done.pipeline.byteCount
        head += 1
        if head == entries.count || head > 1_024 {
            entries.removeFirst(head)
            head = 0
        }
        return done
    }

    mutating func removeAll() -> [Entry] {
        let rest = Array(entries[head...])
        self = PendingReplies()
        return rest
    }
}
