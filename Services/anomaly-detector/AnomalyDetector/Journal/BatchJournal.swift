internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Settings

/// Sees to it that a kill costs nothing of what was learnt from acknowledged batches: between two checkpoints they are in Redis, in the
/// order in which they were learnt, and whoever takes a partition over learns them again.
///
/// A batch is written when it is about to be acknowledged upstream, and only its acknowledgement waits for the answer. While Redis is
/// away nothing is written, and what a kill costs is then what was learnt since the last checkpoint.
@IOThread
final class BatchJournal {
    /// What a checkpoint that begins now will have saved.
    struct Mark {
        fileprivate var extents: [Partition: JournalExtents.Extent]
        fileprivate var learnt: Int
        fileprivate var leftOut: Int
    }

    private struct Waiter {
        var writing: Int
        var acknowledge: @IOThread () -> Void
    }

    private let store: JournalStore
    private let partitions: PartitionCount
    private let limit: Int
    private let metrics: AnomalyDetectorMetrics
    private var learnt = LearntBatches()
    private var extents = JournalExtents()
    private var waiters: [Waiter] = []
    /// Redis answers in order.
    private var begun = 0
    private var ended = 0
    /// Batches that Redis could not take, and how many of them a checkpoint has saved since.
    private var leftOut = 0
    private var leftOutAndSaved = 0
    /// Of the lease of a partition, as this instance knows it.
    var epoch: (@IOThread (Partition) -> Int64?)?
    /// A checkpoint should not wait for its time: there is much in the journal, or something was left out of it.
    var onNeed: (@IOThread () -> Void)?

    /// - Parameter limit: of bytes in Redis, for all partitions of this instance; zero: nothing is written.
    init(_ store: JournalStore, partitions: PartitionCount, limit: ByteCount, metrics: AnomalyDetectorMetrics) {
        self.store = store
        self.partitions = partitions
        self.limit = limit.bytes
        self.metrics = metrics
    }

    // MARK: Writing

    /// The batch was learnt just now, by some of its series at least.
    func append(_ batch: ReadingBatch, at wall: Timestamp) {
        guard limit > 0 else { return }
        let partitions = Set(batch.series.map(\.partition) + batch.presence.map(\.partition))
        let epochs = Dictionary(uniqueKeysWithValues: partitions.compactMap { one in epoch?(one).map { (one, $0) } })
        learnt.append(LearntBatches.Learnt(batch: batch, at: wall, epochs: epochs))
    }

    /// Calls `acknowledge` when what this batch taught is in the journal, or cannot be.
    func write(upTo identity: BatchIdentity, then acknowledge: @escaping @IOThread () -> Void) {
        let due = learnt.take(upTo: identity)
        if !due.isEmpty { write(due) }
        guard ended < begun else { return acknowledge() }
        waiters.append(Waiter(writing: begun, acknowledge: acknowledge))
    }

    private func write(_ due: [LearntBatches.Learnt]) {
        guard store.isConnected, extents.bytes < 2 * limit else {
            leaveOut(due.count)
            return lookAtLimit()
        }
        let writings = encode(due)
        guard !writings.isEmpty else { return lookAtLimit() }
        begun += 1
        store.append(writings) { [weak self] lengths in self?.written(writings, lengths) }
    }

    private func encode(_ due: [LearntBatches.Learnt]) -> [JournalStore.Writing] {
        var entries: [Partition: [[UInt8]]] = [:]
        for learnt in due {
            for (partition, part) in learnt.byPartition where isDue(partition, learnt.epochs[partition]) {
                guard let bytes = try? JournalEntry.encode(part) else {
                    leaveOut(1)
                    continue
                }
                entries[partition, default: []].append(bytes)
            }
        }
        return entries.map {
            JournalStore.Writing(
                partition: $0, entries: $1, epoch: epoch?($0) ?? 0, isNew: extents[$0]?.isListed == false)
        }
    }

    /// Whether what was learnt under the lease of that epoch belongs into the journal: the lease is still that one.
    private func isDue(_ partition: Partition, _ learning: Int64?) -> Bool {
        let now = epoch?(partition)
        if let now, now == learning, extents[partition] != nil { return true }
        // Handed over, and what was learnt with it. Else somebody may have had it meanwhile, or what comes before is yet to be learnt.
        if learning == nil || now != nil { leaveOut(1) }
        return false
    }

    private func written(_ writings: [JournalStore.Writing], _ lengths: [Int?]) {
        for (writing, length) in zip(writings, lengths) {
            guard let length else {
                leaveOut(writing.entries.count)
                continue
            }
            metrics.journalled.add(writing.entries.count)
            let bytes = writing.entries.reduce(0) { $0 + $1.count }
            extents.wrote(bytes, to: writing.partition, length: length, epoch: writing.epoch)
            extents.listed(writing.partition)
        }
        metrics.journalBytes.set(extents.bytes)
        ended += 1
        release()
        lookAtLimit()
    }

    private func leaveOut(_ count: Int) {
        leftOut += count
        metrics.journalLeftOut.add(count)
    }

    private func lookAtLimit() {
        guard store.isConnected, extents.bytes > limit || leftOut > leftOutAndSaved else { return }
        onNeed?()
    }

    private func release() {
        let due = waiters.prefix { $0.writing <= ended }
        waiters.removeFirst(due.count)
        for waiter in due { waiter.acknowledge() }
    }

    // MARK: What is saved

    var mark: Mark { Mark(extents: extents.all, learnt: learnt.end, leftOut: leftOut) }

    /// A checkpoint that began at `mark` is done.
    ///
    /// - Parameter unsaved: partitions of which it could not save everything.
    func saved(_ mark: Mark, except unsaved: Set<Partition>) async {
        if unsaved.isEmpty {
            learnt.discard(before: mark.learnt)
            leftOutAndSaved = mark.leftOut
        }
        await trim(mark.extents.filter { !unsaved.contains($0.key) })
    }

    /// The partition's state is saved as it is, and will be another's.
    func saved(_ partition: Partition) async {
        guard let extent = extents[partition] else { return }
        await trim([partition: extent])
    }

    private func trim(_ before: [Partition: JournalExtents.Extent]) async {
        guard store.isConnected else { return }
        for partition in await store.trim(before) {
            guard let extent = before[partition] else { continue }
            extents.trimmed(partition, to: extent)
        }
        metrics.journalBytes.set(extents.bytes)
    }

    // MARK: Partitions that come and go

    /// Whether what the partition's last owner left in its journal is learnt, or nobody keeps one.
    func isOpen(_ partition: Partition) -> Bool { limit == 0 || extents[partition] != nil }

    /// Whether that is to be learnt, and Redis is there.
    func canOpen(_ partition: Partition) -> Bool { !isOpen(partition) && store.isConnected }

    /// Gives what the last owner left to `learn`, oldest first; afterwards this instance writes there.
    ///
    /// - Parameter learn: false when it cannot be done now: Redis or the lease is gone.
    /// - Returns: how many entries there were; nil when they could not be had, or learnt.
    func open(
        _ partition: Partition, learning learn: @IOThread (LearntBatches.Learnt) async -> Bool
    ) async -> Int? {
        guard store.isConnected, let epoch = epoch?(partition) else { return nil }
        var extent = JournalExtents.Extent(epoch: epoch)
        var yielded = ContinuousClock.now
        while let page = await store.page(of: partition, from: extent.entries) {
            for bytes in page.entries {
                guard await self.learn(bytes, partition, learn) else { return nil }
                await giveWay(since: &yielded)
                extent.bytes += bytes.count
            }
            extent.entries += page.entries.count
            guard page.isLast else { continue }
            guard self.epoch?(partition) == epoch else { return nil }
            extents.open(partition, extent)
            return extent.entries
        }
        return nil
    }

    /// Leases want to be prolonged.
    private func giveWay(since last: inout ContinuousClock.Instant) async {
        guard .now - last > .milliseconds(20) else { return }
        await EventLoop.sleep(for: .zero)
        last = .now
    }

    private func learn(
        _ bytes: [UInt8], _ partition: Partition, _ learn: @IOThread (LearntBatches.Learnt) async -> Bool
    ) async -> Bool {
        do {
            return await learn(try JournalEntry.decode(bytes, of: partition, partitions))
        } catch {
            metrics.journalUnreadable.emit(["why": "\(error)", "partition": "\(partition.rawValue)"])
            return true
        }
    }

    func leave(_ partition: Partition) { extents.close(partition) }

    /// Redis is back, and may have begun anew.
    func listAgain() { extents.unlist() }
}
