/// What a service counts since its process started, as `/ledger` answers. Readings, but for where it says otherwise.
public struct StageLedger: Codable, Hashable, Sendable {
    public var service: String
    public var instance: String
    /// Taken from upstream. Of mqtt-ingest, dead letters and changes of presence too, here and in `handedOn`.
    public var received: Int
    /// Acknowledged by what is downstream: a pipe, PostgreSQL, or the rollups.
    public var handedOn: Int
    /// Taken, and not acknowledged yet.
    public var inFlight: Int
    /// Known already: the broker's repetitions, or what PostgreSQL had.
    public var duplicates: Int
    /// Sent by upstream before, to this instance or another.
    public var redelivered: Int
    /// What became dead letters here, by reason; only reasons that occurred.
    public var dead: [String: Int]
    /// What a plugin dropped, by reason. None of those that come with Sluice does.
    public var dropped: [String: Int]
    /// The pipes to the instances upstream; empty where there are none.
    public var links: [LinkLedger]
    /// Only of mqtt-ingest: its spool, and those that it delivers for others.
    public var spools: [SpoolTotals]?
    /// Only of storage-writer, for what was asked.
    public var stored: [DeliveryTotals]?

    public init(service: String, instance: String) {
        self.service = service
        self.instance = instance
        (received, handedOn, inFlight, duplicates, redelivered) = (0, 0, 0, 0, 0)
        (dead, dropped, links) = ([:], [:], [])
    }
}

/// One pipe, counted where it ends, since this process started. In what batches cost in credit: a reading counts 1, a large
/// payload several.
public struct LinkLedger: Codable, Hashable, Sendable {
    /// The instance at the other end.
    public var upstream: String
    public var received: Int
    /// Acknowledged to it, or given back with a reason.
    public var settled: Int
    /// Received and not settled. What a broken session held is in neither: it comes again.
    public var inFlight: Int
    /// Of `received`: what had been sent before.
    public var redelivered: Int

    public init(upstream: String, received: Int, settled: Int, inFlight: Int, redelivered: Int) {
        self.upstream = upstream
        self.received = received
        self.settled = settled
        self.inFlight = inFlight
        self.redelivered = redelivered
    }
}

/// A spool's side of the account. Items are readings, dead letters and changes of presence.
public struct SpoolTotals: Codable, Hashable, Sendable {
    public var producer: String
    public var spool: String
    /// Items that were ever acknowledged to the broker.
    public var entered: Int
    /// Items that wait.
    public var waiting: Int
    /// Everything below this sequence has been acknowledged from downstream.
    public var through: UInt64
    /// Items below it that were ever acknowledged to the broker.
    public var enteredBefore: Int
    /// Items below it that are set aside as damaged.
    public var damagedBefore: Int

    public init(
        producer: String, spool: String, entered: Int, waiting: Int, through: UInt64, enteredBefore: Int,
        damagedBefore: Int
    ) {
        self.producer = producer
        self.spool = spool
        self.entered = entered
        self.waiting = waiting
        self.through = through
        self.enteredBefore = enteredBefore
        self.damagedBefore = damagedBefore
    }
}

/// PostgreSQL's side of the account of one producer, below the sequence that was asked for.
public struct DeliveryTotals: Codable, Hashable, Sendable {
    public var producer: String
    /// Should this be above what was asked for, more is in the sums: ask again with a newer sequence.
    public var lowWater: UInt64
    public var readings: Int
    public var deadLetters: Int
    public var presence: Int
    /// Of replays whose dead letter had been stored before.
    public var replayedBefore: Int

    public init(
        producer: String, lowWater: UInt64, readings: Int, deadLetters: Int, presence: Int, replayedBefore: Int
    ) {
        self.producer = producer
        self.lowWater = lowWater
        self.readings = readings
        self.deadLetters = deadLetters
        self.presence = presence
        self.replayedBefore = replayedBefore
    }

    public var items: Int { readings + deadLetters + presence + replayedBefore }
}

/// `PRODUCER:SEQUENCE,…` of a question.
public struct LedgerQuestion: Sendable {
    public var marks: [(producer: String, sequence: UInt64)]

    public init(_ spools: [SpoolTotals]) {
        marks = spools.map { ($0.producer, $0.through) }
    }

    /// - Throws: ``Malformed``
    public init(text: String) throws(Malformed) {
        marks = []
        for word in text.split(separator: ",") {
            let parts = word.split(separator: ":")
            guard parts.count == 2, let sequence = UInt64(parts[1]) else { throw Malformed(word: String(word)) }
            marks.append((String(parts[0]), sequence))
        }
    }

    public var text: String { marks.map { "\($0.producer):\($0.sequence)" }.joined(separator: ",") }

    public struct Malformed: Error, CustomStringConvertible, Sendable {
        let word: String
        public var description: String { "'\(word)' is not PRODUCER:SEQUENCE" }
    }
}
