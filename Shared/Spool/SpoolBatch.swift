public import Model

/// A batch as it lies in the spool: its encoded bytes, and what a sender needs to know without decoding them.
public struct SpoolBatch: Sendable, Equatable {
    /// 1, 2, 3, … within the spool's producer.
    public var sequence: UInt64
    /// Readings, dead letters and presence changes.
    public var weight: Int
    /// Which partitions it touches, ascending.
    public var partitions: [Partition]
    public var spooledAt: Timestamp
    public var payload: [UInt8]

    public init(sequence: UInt64, weight: Int, partitions: [Partition], spooledAt: Timestamp, payload: [UInt8]) {
        self.sequence = sequence
        self.weight = weight
        self.partitions = partitions
        self.spooledAt = spooledAt
        self.payload = payload
    }
}

/// An MQTT message that is in the spool, recognisable when the broker sends it again.
public struct RecentPacket: Sendable, Hashable {
    public var packetID: UInt16
    /// Of topic and payload.
    public var hash: UInt64

    public init(packetID: UInt16, hash: UInt64) {
        self.packetID = packetID
        self.hash = hash
    }
}

/// What the spool holds.
public struct SpoolAccount: Sendable, Equatable {
    /// Items (readings, dead letters, changes of presence) that were ever written.
    public var entered: Int
    /// Everything below this sequence is done.
    public var through: UInt64
    /// Items below it that were ever written.
    public var enteredBefore: Int
    /// Items below it that are set aside as damaged.
    public var damagedBefore: Int

    public init(entered: Int, through: UInt64, enteredBefore: Int, damagedBefore: Int) {
        self.entered = entered
        self.through = through
        self.enteredBefore = enteredBefore
        self.damagedBefore = damagedBefore
    }
}

public struct SpoolStatus: Sendable, Equatable {
    public var batches = 0
    /// Readings, dead letters and presence changes.
    public var weight = 0
    /// Of the encoded batches; the file is larger, and keeps its size when batches leave it.
    public var bytes = 0
    public var limitBytes = 0
    /// On the file system that the spool lies on and in the file itself, when they were last looked at.
    public var freeBytes = Int.max
    /// What must stay free of it.
    public var minimumFreeBytes = 0
    /// When the oldest batch was written; nil when the spool is empty.
    public var oldest: Timestamp?
    /// Batches whose bytes are not what was written. They are set aside and listed, not sent.
    public var damagedBatches = 0

    public init() {}
}
