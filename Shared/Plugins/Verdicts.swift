public import Model

/// What a plugin says of one reading. Silence is `ok`.
public enum Verdict: Hashable, Sendable {
    case ok
    /// Leave it out. It is counted under the reason and gone: for what the configuration wants filtered.
    case drop(DiscardReason)
    /// Leave it out and keep it as a dead letter. The detail is a sentence: what was found, what was expected.
    case dead(DiscardReason, detail: String)
}

/// The verdicts of one plugin over one batch, sparse: a batch in which every reading is fine costs nothing.
public struct Verdicts: Sendable {
    public struct Entry: Hashable, Sendable {
        public var row: UInt32
        public var verdict: Verdict
    }

    /// The plugin cannot work on this batch now.
    public struct Retry: Hashable, Sendable {
        public var after: Duration
        /// A sentence for the log.
        public var why: String
    }

    /// In the order in which they were given; the first one on a row counts.
    public private(set) var entries: [Entry] = []
    /// Set when the whole batch is to come again later; nothing of it has been done then.
    public private(set) var retry: Retry?

    public init() {}

    public var isEmpty: Bool { entries.isEmpty && retry == nil }

    public mutating func drop(row: Int, _ reason: DiscardReason) {
        entries.append(Entry(row: UInt32(row), verdict: .drop(reason)))
    }

    public mutating func dead(row: Int, _ reason: DiscardReason, detail: String) {
        entries.append(Entry(row: UInt32(row), verdict: .dead(reason, detail: detail)))
    }

    /// Asks for the whole batch again. The caller gives the batch back unacknowledged.
    public mutating func retryBatch(after delay: Duration, because why: String) {
        retry = Retry(after: delay, why: why)
    }

    /// Ready for the next plugin, with its storage kept.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        retry = nil
    }

    /// One entry a row, ascending, without `ok`.
    func decided() -> [Entry] {
        // `sorted` is stable, so that the first verdict on a row stays first.
        let ordered = entries.filter { $0.verdict != .ok }.sorted { $0.row < $1.row }
        var result: [Entry] = []
        for entry in ordered where entry.row != result.last?.row { result.append(entry) }
        return result
    }
}

/// How many readings left the flow, by reason.
public struct DiscardCounts: Hashable, Sendable {
    /// Gone; nothing of them is kept.
    public var dropped: [DiscardReason: Int] = [:]
    /// In the dead letters.
    public var dead: [DiscardReason: Int] = [:]

    public init() {}

    public var isEmpty: Bool { dropped.isEmpty && dead.isEmpty }

    public mutating func add(_ other: DiscardCounts) {
        dropped.merge(other.dropped, uniquingKeysWith: +)
        dead.merge(other.dead, uniquingKeysWith: +)
    }
}

extension ReadingBatch {
    /// Carries out what a plugin decided: takes the rows out of every column, turns `dead` ones into dead letters that
    /// republish as the reading, counts. Does nothing when there are no verdicts. A `retry` is the caller's to honour.
    ///
    /// - Parameter stage: the service that gives the readings up, as the dead letters name it.
    /// - Precondition: each verdict's row is below ``count``.
    public mutating func apply(_ verdicts: Verdicts, stage: String) -> DiscardCounts {
        var counts = DiscardCounts()
        guard !verdicts.entries.isEmpty else { return counts }
        let entries = verdicts.decided()
        for entry in entries {
            switch entry.verdict {
            case .ok: break
            case .drop(let reason): counts.dropped[reason, default: 0] += 1
            case .dead(let reason, let detail):
                counts.dead[reason, default: 0] += 1
                deadLetters.append(deadLetter(ofRow: Int(entry.row), reason: reason, detail: detail, stage: stage))
            }
        }
        removeRows(entries.map(\.row))
        return counts
    }
}
