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
    /// Items acknowledged to the broker below `through`, without those that are damaged and nobody has.
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
    public var difference: Int

    /// - Parameter stored: nil when PostgreSQL cannot be asked, or has never heard of the producer.
    /// - Returns: nil when the database is ahead of what was asked: the spool must be looked at once more.
    public init?(_ spool: SpoolTotals, of instance: String, stored: DeliveryTotals?, canAsk: Bool) {
        if let stored, stored.lowWater > spool.through { return nil }
        producer = spool.producer
        self.spool = spool.spool
        self.instance = instance
        let found = stored?.items ?? 0
        // Damaged batches may have been stored before the spool found them so. None of them or all: anything between could hide a loss.
        let expected = found == spool.enteredBefore ? found : spool.enteredBefore - spool.damagedBefore
        (self.found, self.expected, difference) = (found, expected, expected - found)
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
    /// The worst of all producers; unknown when there are none, or when the account of a spool is missing.
    public var state: LedgerBalance.State
    public var producers: [LedgerBalance]
    public var stages: [StageLedger]
    /// Instances that should have answered and did not.
    public var silent: [String]

    /// - Parameter silentSpools: those of `silent` that may have a spool; nobody knows what is in it.
    public init(
        time: String, producers: [LedgerBalance], stages: [StageLedger], silent: [String], silentSpools: Int
    ) {
        self.time = time
        self.producers = producers
        self.stages = stages
        self.silent = silent
        let states = Set(producers.map(\.state))
        let isComplete = silentSpools == 0 && !producers.isEmpty && !states.contains(.unknown)
        state = states.contains(.unbalanced) ? .unbalanced : isComplete ? .balanced : .unknown
    }
}
