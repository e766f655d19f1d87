internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Redis

/// Sees to it that a partition's series are learnt by one instance at a time.
///
/// Each upstream decides by itself who gets a partition, and for a moment two of them may disagree. So an instance
/// learns from a partition only while it holds its lease. Whoever gets readings of a partition that another holds says
/// so; the holder saves what it learnt, forgets it, and gives the lease back; the new one loads it on first sight.
///
/// A batch needs several partitions. They are pinned in ascending order, and only pinned ones are kept from others: so
/// no two instances wait for each other. Without Redis nothing can be asked, and nothing moves: detection goes on.
@IOThread
final class PartitionLeases {
    private struct Held {
        var epoch: Int64
        var until: ContinuousClock.Instant
    }

    private let store: LeaseStore
    private let lease: Duration
    private let metrics: AnomalyDetectorMetrics
    /// Saves and forgets what was learnt of a partition; false when it could not be saved.
    private let handOver: @IOThread (Partition) async -> Bool

    private var held: [Partition: Held] = [:]
    /// The last epoch of each that this instance held and has state of.
    private var epochs: [Partition: Int64] = [:]
    private var pinned: Set<Partition> = []
    private var missing: [Partition] = []
    private var wantedByOthers: Set<Partition> = []
    private var releasing: Set<Partition> = []
    /// Another instance had it since: what is in memory must give way to what is in Redis.
    private var outdated: Set<Partition> = []
    private var timer: ScheduledTimer?
    private var isAsking = false
    /// Redis could not be asked for the pinned ones.
    private var isUnasked = false
    private var waitingSince: ContinuousClock.Instant?
    private var blockedBy = ""

    /// Taken off a lease at this end, so that clocks and delays never make two holders.
    private static let margin = Duration.seconds(1)
    static let renewal = Duration.milliseconds(200)
    private static let look = Duration.milliseconds(20)

    init(
        _ connection: RedisConnection, holder: String, lease: Duration = .seconds(5),
        settling: Duration = PartitionLeases.renewal * 3, metrics: AnomalyDetectorMetrics,
        handOver: @escaping @IOThread (Partition) async -> Bool
    ) {
        store = LeaseStore(connection, holder: holder, lease: lease, settling: settling)
        self.lease = lease
        self.metrics = metrics
        self.handOver = handOver
    }

    func start() {
        timer = EventLoop.schedule(every: Self.renewal) { [weak self] in
            guard let self, !isAsking else { return }
            Task { @IOThread in await self.renew() }
        }
    }

    /// How many partitions this instance learns from.
    var count: Int { held.count }

    /// Who is waited for, once that takes longer than a hand-over should.
    var obstacle: String? {
        guard let waitingSince, ContinuousClock.now - waitingSince > .seconds(2) else { return nil }
        return "waits for partition \(missing.first?.rawValue ?? 0), which \(blockedBy) holds"
    }

    /// Returns when all of them may be learnt from, until ``unpin()``; or at once when Redis is away.
    func pin(_ partitions: [Partition]) async {
        isUnasked = false
        while !pinAll(partitions) {
            isUnasked = !store.connection.state.isConnected
            if isUnasked { break }
            waitingSince = waitingSince ?? .now
            isUnasked = await !ask()
            if isUnasked || pinAll(partitions) { break }
            await reconcile()
            if !missing.allSatisfy(isMine) { await EventLoop.sleep(for: Self.look) }
        }
        missing = []
        waitingSince = nil
    }

    /// Whether what ``pin(_:)`` found is still so. Any wait may have lost a lease, also one that was pinned.
    func stillHolds(_ partitions: [Partition]) -> Bool {
        isUnasked || partitions.allSatisfy { isMine($0) && !outdated.contains($0) }
    }

    func unpin() {
        pinned = []
        releaseWanted()
    }

    /// Gives everything back: nobody has to wait until the leases end.
    func close() async {
        timer?.cancel()
        timer = nil
        pinned = []
        let all = Array(held.keys)
        releasing.formUnion(all)
        await release(all)
    }

    // MARK: Asking

    /// Pins from the lowest on, as far as it goes. Begins anew each time: a lease may have ended during the wait for the
    /// next, and then nothing above it may stay pinned, or two instances could wait for each other.
    private func pinAll(_ partitions: [Partition]) -> Bool {
        pinned = []
        for (index, partition) in partitions.enumerated() {
            guard isMine(partition), !outdated.contains(partition) else {
                missing = Array(partitions[index...])
                return false
            }
            pinned.insert(partition)
        }
        return true
    }

    private func isMine(_ partition: Partition) -> Bool {
        guard let lease = held[partition], !releasing.contains(partition) else { return false }
        return lease.until > .now
    }

    private func renew() async {
        isAsking = true
        defer { isAsking = false }
        guard store.connection.state.isConnected, !held.isEmpty || !missing.isEmpty else { return }
        if await ask() { releaseWanted() }
    }

    /// - Returns: false when Redis did not answer.
    private func ask() async -> Bool {
        let wanted = missing.filter { !releasing.contains($0) && !isMine($0) }
        let kept = held.keys.filter { !wanted.contains($0) && !releasing.contains($0) }
        guard !wanted.isEmpty || !kept.isEmpty else { return true }
        let asked = ContinuousClock.now
        do {
            for answer in try await store.claim(wanted: wanted, kept: kept) {
                take(answer, until: asked + lease - Self.margin)
            }
            return true
        } catch {
            metrics.leasesFailed.emit(["why": "\(error)"])
            return false
        }
    }

    private func take(_ answer: LeaseStore.Answer, until: ContinuousClock.Instant) {
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

    // MARK: Giving back

    /// Takes effect at once, so that the next batch cannot pin again what others wait for.
    private func releaseWanted() {
        let due = wantedByOthers.subtracting(pinned).subtracting(releasing).filter { held[$0] != nil }
        guard !due.isEmpty else { return }
        wantedByOthers.subtract(due)
        releasing.formUnion(due)
        Task { @IOThread in await release(due.sorted()) }
    }

    private func release(_ partitions: [Partition]) async {
        var saved: [Partition] = []
        for partition in partitions where await handOver(partition) { saved.append(partition) }
        for partition in saved {
            held[partition] = nil
            epochs[partition] = nil
        }
        if !saved.isEmpty {
            do {
                try await store.release(saved)
                metrics.handedOver.add(saved.count)
            } catch {
                // The leases end by themselves.
                metrics.leasesFailed.emit(["why": "\(error)"])
            }
        }
        releasing.subtract(partitions)
    }

    /// What another instance learnt meanwhile counts: ours is saved where it knows more, and all of it is loaded anew.
    private func reconcile() async {
        for partition in missing where outdated.contains(partition) && isMine(partition) {
            // Before the wait: what is found out meanwhile counts.
            outdated.remove(partition)
            // What cannot be saved is tried again by the next checkpoint, and readings must flow.
            _ = await handOver(partition)
        }
    }
}
