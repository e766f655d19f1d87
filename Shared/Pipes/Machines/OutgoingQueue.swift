internal import Model

/// What the upstream has taken on, in order, until every part of it is settled.
struct OutgoingQueue<Item: PipeItem> {
    struct Entry {
        /// Counts accepted items: the order in which each partition must see them.
        let ordinal: UInt64
        let item: Item
        /// Not sent, or given back.
        var unsent: Set<Partition>
        /// Weight of `unsent`.
        var queued: Int
        var partsInFlight = 0
        var redelivered = false
        var refusal: String?
        /// A worker asked for patience.
        var notBefore: ContinuousClock.Instant?

        var isSettled: Bool { unsent.isEmpty && partsInFlight == 0 }
    }

    /// Ascending ordinals.
    private(set) var entries: [Entry] = []
    /// Weight of all that waits unsent.
    private(set) var queued = 0
    private var nextOrdinal: UInt64 = 1
    /// No entry below it waits; spares every look the entries that are only in flight.
    private var firstWaiting: UInt64 = 1

    var isEmpty: Bool { entries.isEmpty }

    /// - Returns: the ordinal of the new entry.
    mutating func append(_ item: Item, unsent: Set<Partition>) -> UInt64 {
        defer { nextOrdinal += 1 }
        let weight = unsent.isEmpty ? 0 : item.weight(of: unsent)
        entries.append(Entry(ordinal: nextOrdinal, item: item, unsent: unsent, queued: weight))
        queued += weight
        return nextOrdinal
    }

    /// Where to look for entries that wait, oldest first.
    mutating func waitingIndices() -> Range<Int> {
        var start = place(of: firstWaiting)
        while start < entries.count, entries[start].unsent.isEmpty { start += 1 }
        firstWaiting = start < entries.count ? entries[start].ordinal : nextOrdinal
        return start..<entries.count
    }

    private func index(of ordinal: UInt64) -> Int? {
        let place = place(of: ordinal)
        return place < entries.count && entries[place].ordinal == ordinal ? place : nil
    }

    /// The first entry that is not below the ordinal.
    private func place(of ordinal: UInt64) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].ordinal < ordinal { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func sent(_ partitions: Set<Partition>, weight: Int, at index: Int) {
        entries[index].unsent.subtract(partitions)
        entries[index].partsInFlight += 1
        changeQueued(by: -weight, at: index)
    }

    mutating func sentWhole(ordinal: UInt64) {
        guard let index = index(of: ordinal) else { return }
        entries[index].partsInFlight += 1
    }

    mutating func givenBack(
        _ part: InFlightPart, notBefore: ContinuousClock.Instant?
    ) {
        guard let index = index(of: part.ordinal) else { return }
        entries[index].unsent.formUnion(part.partitions)
        entries[index].partsInFlight -= 1
        entries[index].redelivered = true
        firstWaiting = min(firstWaiting, part.ordinal)
        if let notBefore { entries[index].notBefore = notBefore }
        changeQueued(by: part.weight, at: index)
    }

    /// - Returns: the entry, taken out, when this was its last part.
    mutating func settled(_ part: InFlightPart, refusal: String?) -> Entry? {
        guard let index = index(of: part.ordinal) else { return nil }
        entries[index].partsInFlight -= 1
        if let refusal { entries[index].refusal = refusal }
        return entries[index].isSettled ? entries.remove(at: index) : nil
    }

    mutating func removeAll() -> [Entry] {
        defer { entries = [] }
        queued = 0
        return entries
    }

    private mutating func changeQueued(by weight: Int, at index: Int) {
        let before = entries[index].queued
        // Weights of parts may be estimates; what is sent wholly weighs nothing.
        entries[index].queued = entries[index].unsent.isEmpty ? 0 : max(0, before + weight)
        queued += entries[index].queued - before
    }
}

/// One delivery that nobody has settled.
struct InFlightPart {
    let delivery: UInt64
    let ordinal: UInt64
    let peer: PeerIdentity
    let partitions: Set<Partition>
    let weight: Int
}
