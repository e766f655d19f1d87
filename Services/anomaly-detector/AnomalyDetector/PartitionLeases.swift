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
    private let store: LeaseStore
    private let metrics: AnomalyDetectorMetrics
    /// Saves and forgets what was learnt of a partition; false when it could not be saved.
    private let handOver: @IOThread (Partition) async -> Bool

    private var machine: LeaseMachine
    private var timer: ScheduledTimer?
    private var isAsking = false
    /// Redis could not be asked for the pinned ones.
    private var isUnasked = false
    private var waitingSince: ContinuousClock.Instant?

    static let renewal = Duration.milliseconds(200)
    private static let margin = Duration.seconds(1)
    private static let look = Duration.milliseconds(20)

    init(
        _ connection: RedisConnection, holder: String, lease: Duration = .seconds(5),
        settling: Duration = PartitionLeases.renewal * 3, metrics: AnomalyDetectorMetrics,
        handOver: @escaping @IOThread (Partition) async -> Bool
    ) {
        store = LeaseStore(connection, holder: holder, lease: lease, settling: settling)
        machine = LeaseMachine(lease: lease, margin: Self.margin)
        self.metrics = metrics
        self.handOver = handOver
    }

    func start() {
        timer = EventLoop.schedule(every: Self.renewal) { [weak self] in
            guard let self, !isAsking else { return }
            IOThread.task { await self.renew() }
        }
    }

    /// How many partitions this instance learns from.
    var count: Int { machine.count }

    /// Who is waited for, once that takes longer than a hand-over should.
    var obstacle: String? {
        guard let waitingSince, ContinuousClock.now - waitingSince > .seconds(2) else { return nil }
        return "waits for partition \(machine.missing.first?.rawValue ?? 0), which \(machine.blockedBy) holds"
    }

    /// Returns when all of them may be learnt from, until ``unpin()``; or at once when Redis is away.
    func pin(_ partitions: [Partition]) async {
        isUnasked = false
        while !machine.pin(partitions, at: .now) {
            isUnasked = !store.connection.state.isConnected
            if isUnasked { break }
            waitingSince = waitingSince ?? .now
            isUnasked = await !ask()
            if isUnasked || machine.pin(partitions, at: .now) { break }
            await reconcile()
            if machine.mustWait(at: .now) { await EventLoop.sleep(for: Self.look) }
        }
        machine.stopWaiting()
        waitingSince = nil
    }

    /// Whether what ``pin(_:)`` found is still so. Any wait may have lost a lease, also one that was pinned.
    func stillHolds(_ partitions: [Partition]) -> Bool { isUnasked || machine.stillHolds(partitions, at: .now) }

    func unpin() {
        machine.unpin()
        releaseWanted()
    }

    /// Takes those that nobody holds, without disturbing anybody.
    ///
    /// - Returns: those that are this instance's now, and were not before.
    func adopt(_ partitions: [Partition]) async -> [Partition] {
        machine.adopting = partitions.filter { !machine.holds($0, at: .now) }
        guard !machine.adopting.isEmpty, await ask() else {
            machine.adopting = []
            return []
        }
        let adopted = machine.takeAdopted(at: .now)
        // What another had meanwhile is loaded anew when it is pinned, between batches.
        return adopted
    }

    func holds(_ partition: Partition) -> Bool { machine.holds(partition, at: .now) }

    /// Rises whenever the holder changes; nil for one that this instance has no state of.
    func epoch(of partition: Partition) -> Int64? { machine.epoch(of: partition) }

    /// Those that this instance learns from.
    var held: [Partition] { machine.heldPartitions.filter { machine.holds($0, at: .now) } }

    /// Which partitions are this instance's to speak of. Without Redis nothing moves, and all are.
    func ownership(at now: ContinuousClock.Instant) -> (Partition) -> Bool {
        guard store.connection.state.isConnected else { return { _ in true } }
        let held = Set(machine.heldPartitions.filter { machine.holds($0, at: now) })
        return { held.contains($0) }
    }

    /// Gives everything back: nobody has to wait until the leases end.
    func close() async {
        timer?.cancel()
        timer = nil
        await release(machine.beginReleaseOfAll())
    }

    private func renew() async {
        isAsking = true
        defer { isAsking = false }
        guard store.connection.state.isConnected, machine.hasBusiness else { return }
        if await ask() { releaseWanted() }
    }

    /// - Returns: false when Redis did not answer.
    private func ask() async -> Bool {
        let asked = ContinuousClock.now
        let question = machine.question(at: asked)
        guard !question.isEmpty else { return true }
        do {
            machine.take(try await store.claim(wanted: question.wanted, kept: question.kept), asked: asked)
            return true
        } catch {
            metrics.leasesFailed.emit(["why": "\(error)"])
            return false
        }
    }

    private func releaseWanted() {
        let due = machine.beginRelease()
        guard !due.isEmpty else { return }
        IOThread.task { await self.release(due) }
    }

    private func release(_ partitions: [Partition]) async {
        var saved: [Partition] = []
        for partition in partitions where await handOver(partition) { saved.append(partition) }
        machine.handedOver(saved)
        if !saved.isEmpty {
            do {
                try await store.release(saved)
                metrics.handedOver.add(saved.count)
            } catch {
                // The leases end by themselves.
                metrics.leasesFailed.emit(["why": "\(error)"])
            }
        }
        machine.endRelease(partitions)
    }

    /// What another instance learnt meanwhile counts: ours is saved where it knows more, and all of it is loaded anew.
    private func reconcile() async {
        // What cannot be saved is tried again by the next checkpoint, and readings must flow.
        for partition in machine.takeOutdated(at: .now) { _ = await handOver(partition) }
    }
}
