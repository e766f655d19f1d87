internal import Model

/// What an instance knows of the partitions' leases, and what it may do by that knowledge.
///
/// No input or output of its own: answers of Redis and the time come in, so that a simulation runs it as it is.
struct LeaseMachine {
    /// What is asked of Redis: leases to take, whose holders are told, and leases to prolong.
    struct Question: Equatable {
        var wanted: [Partition]
        var kept: [Partition]

        var isEmpty: Bool { wanted.isEmpty && kept.isEmpty }
    }

    private struct Held {
        var epoch: Int64
        var until: ContinuousClock.Instant
    }

    private let lease: Duration
    private let margin: Duration
    private var held: [Partition: Held] = [:]
    /// The last epoch of each that this instance held and has state of.
    private var epochs: [Partition: Int64] = [:]
    private var pinned: Set<Partition> = []
    private(set) var missing: [Partition] = []
    private var wantedByOthers: Set<Partition> = []
    private var releasing: Set<Partition> = []
    /// Another instance had it since: what is in memory must give way to what is in Redis.
    private var outdated: Set<Partition> = []
    /// Who holds the last one that was not granted.
    private(set) var blockedBy = ""

    /// - Parameter margin: taken off a lease at this end, so that clocks and delays never make two holders.
    init(lease: Duration, margin: Duration) {
        self.lease = lease
        self.margin = margin
    }

    var count: Int { held.count }
    var hasBusiness: Bool { !held.isEmpty || !missing.isEmpty }
    var heldPartitions: [Partition] { held.keys.sorted() }
    /// To be taken when they are free; nobody is disturbed for them.
    var adopting: [Partition] = []

    // MARK: Pinning

    /// Pins from the lowest on, as far as it goes. Begins anew each time: a lease may have ended during the wait for the
    /// next, and then nothing above it may stay pinned, or two instances could wait for each other.
    ///
    /// - Parameter partitions: ascending.
    /// - Returns: whether all of them are pinned.
    mutating func pin(_ partitions: [Partition], at now: ContinuousClock.Instant) -> Bool {
        pinned = []
        for (index, partition) in partitions.enumerated() {
            guard holds(partition, at: now), !outdated.contains(partition) else {
                missing = Array(partitions[index...])
                return false
            }
            pinned.insert(partition)
        }
        return true
    }

    /// Nothing is waited for any more.
    mutating func stopWaiting() { missing = [] }

    mutating func unpin() { pinned = [] }

    /// Whether what ``pin(_:at:)`` found is still so. Any wait may have lost a lease, also one that was pinned.
    func stillHolds(_ partitions: [Partition], at now: ContinuousClock.Instant) -> Bool {
        partitions.allSatisfy { holds($0, at: now) && !outdated.contains($0) }
    }

    func holds(_ partition: Partition, at now: ContinuousClock.Instant) -> Bool {
        guard let lease = held[partition], !releasing.contains(partition) else { return false }
        return lease.until > now
    }

    /// The last epoch of a partition that this instance has state of.
    func epoch(of partition: Partition) -> Int64? { epochs[partition] }

    // MARK: Asking

    func question(at now: ContinuousClock.Instant) -> Question {
        let wanted = missing.filter { !releasing.contains($0) && !holds($0, at: now) }
        let kept = (Array(held.keys) + adopting.filter { held[$0] == nil }).filter {
            !wanted.contains($0) && !releasing.contains($0)
        }
        return Question(wanted: wanted, kept: kept)
    }

    /// - Parameter asked: when the question left.
    mutating func take(_ answers: [LeaseAnswer], asked: ContinuousClock.Instant) {
        for answer in answers { take(answer, until: asked + lease - margin) }
    }

    private mutating func take(_ answer: LeaseAnswer, until: ContinuousClock.Instant) {
        let partition = answer.partition
        // Being given back: what was asked before that says nothing any more.
        guard !releasing.contains(partition) else { return }
        guard answer.isGranted else {
            blockedBy = answer.holder
            held[partition] = nil
            return
        }
        // An empty Redis has lost the states as well: what is in memory is then the best there is.
        if epochs[partition] != answer.formerEpoch, answer.formerEpoch != 0 || epochs[partition] == nil {
            outdated.insert(partition)
        }
        epochs[partition] = answer.epoch
        held[partition] = Held(epoch: answer.epoch, until: until)
        if answer.isWanted { wantedByOthers.insert(partition) } else { wantedByOthers.remove(partition) }
    }

    /// Those that are waited for, are ours again, and were another's meanwhile: to be saved where ours knows more, and
    /// loaded anew. What is found out during that counts again.
    mutating func takeOutdated(at now: ContinuousClock.Instant) -> [Partition] {
        let due = missing.filter { outdated.contains($0) && holds($0, at: now) }
        outdated.subtract(due)
        return due
    }

    /// Those of the adopted ones that are ours now.
    mutating func takeAdopted(at now: ContinuousClock.Instant) -> [Partition] {
        defer { adopting = [] }
        return adopting.filter { holds($0, at: now) }
    }

    /// Whether a look at Redis may soon find more than now.
    func mustWait(at now: ContinuousClock.Instant) -> Bool { !missing.allSatisfy { holds($0, at: now) } }

    // MARK: Giving back

    /// What others wait for and no batch needs now. Takes effect at once, so that the next batch cannot pin it again.
    mutating func beginRelease() -> [Partition] {
        let due = wantedByOthers.subtracting(pinned).subtracting(releasing).filter { held[$0] != nil }
        wantedByOthers.subtract(due)
        releasing.formUnion(due)
        return due.sorted()
    }

    mutating func beginReleaseOfAll() -> [Partition] {
        pinned = []
        releasing.formUnion(held.keys)
        return held.keys.sorted()
    }

    /// What was learnt of them is saved and forgotten.
    mutating func handedOver(_ partitions: [Partition]) {
        for partition in partitions { (held[partition], epochs[partition]) = (nil, nil) }
    }

    /// Redis knows, or will find out when the leases end.
    mutating func endRelease(_ partitions: [Partition]) { releasing.subtract(partitions) }
}

/// What Redis says of one partition.
struct LeaseAnswer: Equatable {
    var partition: Partition
    var isGranted: Bool
    /// Before and after this call; the same while the holder does not change, 0 when Redis knew of none.
    var formerEpoch: Int64
    var epoch: Int64
    /// Somebody else waits for it.
    var isWanted: Bool
    var holder: String
}
