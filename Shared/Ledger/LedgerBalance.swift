/// The account of one producer, both sides compared at the same sequence.
public struct LedgerBalance: Codable, Hashable, Sendable {
    public enum State: String, Codable, Sendable {
        case balanced
        /// The sides differ.
        case unbalanced
        /// One side cannot be asked now.
        case unknown
    }

    public var producer: String
    public var spool: String
    public var instance: String
    public var state: State
    /// Items acknowledged to the broker below `through`, without those that are damaged.
    public var expected: Int
    /// Items that PostgreSQL has of them.
    public var found: Int
    public var waiting: Int
    public var damaged: Int
    public var through: UInt64
    public var readings: Int
    public var deadLetters: Int
    public var presence: Int
    public var replayedBefore: Int
    /// Since when it is unbalanced, ISO 8601.
    public var since: String?

    /// Positive: lost. Negative: more than was sent.
    public var difference: Int { expected - found }

    /// - Parameter stored: nil when PostgreSQL cannot be asked, or has never heard of the producer.
    /// - Returns: nil when the database is ahead of what was asked: the spool must be looked at once more.
    public init?(_ spool: SpoolTotals, of instance: String, stored: DeliveryTotals?, canAsk: Bool) {
        if let stored, stored.lowWater > spool.through { return nil }
        producer = spool.producer
        self.spool = spool.spool
        self.instance = instance
        expected = spool.enteredBefore - spool.damagedBefore
        found = stored?.items ?? 0
        waiting = spool.waiting
        damaged = spool.damagedBefore
        through = spool.through
        readings = stored?.readings ?? 0
        deadLetters = stored?.deadLetters ?? 0
        presence = stored?.presence ?? 0
        replayedBefore = stored?.replayedBefore ?? 0
        state = .unknown
        if canAsk { state = difference == 0 ? .balanced : .unbalanced }
    }
}

/// The whole, as health-monitor answers.
public struct LedgerReport: Codable, Sendable {
    /// ISO 8601.
    public var time: String
    /// The worst of all producers; balanced when there are none.
    public var state: LedgerBalance.State
    public var producers: [LedgerBalance]
    public var stages: [StageLedger]

    public init(time: String, producers: [LedgerBalance], stages: [StageLedger]) {
        self.time = time
        self.producers = producers
        self.stages = stages
        let states = Set(producers.map(\.state))
        state = states.contains(.unbalanced) ? .unbalanced : states.contains(.unknown) ? .unknown : .balanced
    }
}
