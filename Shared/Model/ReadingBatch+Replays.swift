/// A message that may come more than once: out of the dead letters, or out of a gateway's spool (``EdgeDelivery``). What it became
/// has positions in one range of the batch.
public struct Replay: Hashable, Sendable {
    /// Of the dead letter, or of the gateway's delivery.
    public var eventID: String
    /// Of the message's device.
    public var partition: Partition
    public var firstPosition: UInt32
    /// Readings, dead letters and presence changes; never 0.
    public var count: UInt32

    public init(eventID: String, partition: Partition, firstPosition: UInt32, count: UInt32) {
        self.eventID = eventID
        self.partition = partition
        self.firstPosition = firstPosition
        self.count = count
    }

    public func covers(_ position: UInt32) -> Bool {
        position >= firstPosition && position - firstPosition < count
    }
}

extension ReadingBatch {
    /// The dead letter that this position came from; nil for nearly all.
    public func replay(ofPosition position: UInt32) -> String? {
        replays.first { $0.covers(position) && EdgeDelivery(eventID: $0.eventID) == nil }?.eventID
    }

    /// Takes out all that these messages became, and of a message that is in the batch more than once all but the first.
    public mutating func removeReplays(of eventIDs: Set<String>) {
        var known = eventIDs
        var gone = RangeSet<UInt64>()
        replays.removeAll { replay in
            guard !known.insert(replay.eventID).inserted else { return false }
            let first = UInt64(replay.firstPosition)
            gone.insert(contentsOf: first..<(first + UInt64(replay.count)))
            return true
        }
        guard !gone.isEmpty else { return }
        func isGone(_ position: UInt32) -> Bool { gone.contains(UInt64(position)) }
        removeRows(position.indices.filter { isGone(position[$0]) }.map(UInt32.init))
        deadLetters.removeAll { isGone($0.position) }
        presence.removeAll { isGone($0.position) }
    }
}
