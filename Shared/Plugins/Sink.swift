public import Model

/// Where batches end: a store. Runs on the caller's actor, so that a sink pinned to the I/O thread never hops.
public protocol Sink: Sendable {
    /// Its name in the configuration.
    nonisolated var name: String { get }

    /// Stores all of the batches, or none. Called with several at once so that a store can put them in one transaction; never
    /// called again before the last call has returned.
    ///
    /// - Throws: when nothing was stored. An error whose `isRetriable` is true asks for the same batches again.
    func write(_ batches: [ReadingBatch]) async throws -> SinkReceipt
}

/// What became of a write.
public struct SinkReceipt: Sendable {
    /// What this write stored for the first time. A redelivered part that was stored before is not in it, so that
    /// what runs after the store (a cache, rollups) does not see it twice.
    public var fresh: [ReadingBatch]
    /// Readings found stored already.
    public var duplicates: Int
    /// Rows that the store refused one by one and that went to the dead letters.
    public var discards: DiscardCounts

    public init(fresh: [ReadingBatch], duplicates: Int = 0, discards: DiscardCounts = DiscardCounts()) {
        self.fresh = fresh
        self.duplicates = duplicates
        self.discards = discards
    }
}

/// Who tells people and machines of an alert: MQTT, a webhook, a log.
public protocol Notifier: Sendable {
    /// Its name in the configuration.
    nonisolated var name: String { get }

    /// Returns when the other side has taken all of them. Telling twice is harmless: an alert's id stays the same.
    ///
    /// - Throws: an error that says `isRetriable`.
    func notify(_ alerts: [Alert]) async throws
}
