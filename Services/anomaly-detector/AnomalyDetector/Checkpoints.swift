internal import Alerting
internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Redis

/// Saves what was learnt: on a timer, and when the service drains. One at a time.
@IOThread
final class Checkpoints {
    private let memory: SeriesMemory
    private let store: StateStore
    private let journal: BatchJournal
    private let metrics: AnomalyDetectorMetrics
    /// Called with partitions that are another's from now on.
    var onHandOver: (@IOThread (Partition) -> Void)?
    /// Called with series whose alerts may now say something that has not been told.
    var onAdoption: (@IOThread (Int32) -> Void)?
    private let idle: Duration
    private var timer: ScheduledTimer?
    private var running: Task<Void, Never>?
    private var broughtForward = ContinuousClock.now

    /// Series in one pipeline.
    private static let pageSize = 500

    /// - Parameter idle: series that were silent for so long are saved and forgotten.
    init(
        memory: SeriesMemory, store: StateStore, journal: BatchJournal, metrics: AnomalyDetectorMetrics,
        idle: Duration = .seconds(3_600)
    ) {
        self.memory = memory
        self.store = store
        self.journal = journal
        self.metrics = metrics
        self.idle = idle
        journal.onNeed = { [weak self] in self?.bringForward() }
        store.connection.observe { [weak self] state in
            if state.isConnected { self?.listAgain() }
        }
    }

    /// Redis may have restarted empty.
    private func listAgain() {
        memory.unlist()
        journal.listAgain()
    }

    func start(every interval: Duration) {
        timer = EventLoop.schedule(every: interval) { [weak self] in
            guard let self, running == nil else { return }
            IOThread.task { await self.checkpoint() }
        }
    }

    /// Not more than once a second: Redis may refuse what a checkpoint gives it.
    private func bringForward() {
        guard running == nil, .now - broughtForward > .seconds(1) else { return }
        broughtForward = .now
        IOThread.task { await self.checkpoint() }
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    /// Saves every series that changed since the last time. What cannot be saved stays due.
    func checkpoint() async {
        await alone { await self.saveAll() }
    }

    /// Saves these series, as far as they changed.
    func checkpoint(_ slots: Set<Int32>) async {
        await alone { _ = await self.save(self.memory.takeDirty(of: slots)) }
    }

    /// Saves and forgets what was learnt of a partition, so that its next owner goes on from it.
    ///
    /// - Returns: false when some of it could not be saved; it is then kept.
    func handOver(_ partition: Partition) async -> Bool {
        defer { onHandOver?(partition) }
        guard memory.hasSeries(of: partition) else { return true }
        var isForgotten = false
        await alone {
            _ = await self.save(self.memory.takeDirty(of: partition))
            isForgotten = self.memory.forget(partition)
            if isForgotten { await self.journal.saved(partition) }
        }
        return isForgotten
    }

    private func alone(_ body: @escaping @IOThread () async -> Void) async {
        while let running { await running.value }
        // The task itself says that it has ended: waiting for an ended task does not suspend, so a second waiter would
        // otherwise spin and never let the first one say so.
        let task = IOThread.task {
            await body()
            self.running = nil
        }
        running = task
        await task.value
    }

    private func saveAll() async {
        // Without Redis what was saved before may go all the same: memory must not grow.
        let mark = journal.mark
        await journal.saved(mark, except: await save(memory.takeDirty()))
        memory.forget(idle: idle)
        metrics.show(memory.phases())
    }

    /// - Returns: the partitions of those that are still due.
    private func save(_ due: [Int32]) async -> Set<Partition> {
        guard store.connection.state.isConnected else {
            due.forEach(memory.markDirty)
            return Set(due.map { memory.entries[Int($0)].partition })
        }
        var unsaved: Set<Partition> = []
        for start in stride(from: 0, to: due.count, by: Self.pageSize) {
            unsaved.formUnion(await savePage(Array(due[start..<min(start + Self.pageSize, due.count)])))
        }
        return unsaved
    }

    private func savePage(_ slots: [Int32]) async -> Set<Partition> {
        await list(slots.filter { !memory.entries[Int($0)].isListed })
        let savings = slots.map { slot in
            StateStore.Saving(
                name: memory.entries[Int(slot)].name, revision: memory.entries[Int(slot)].revision,
                state: memory.state(of: slot), summary: memory.summary(of: slot))
        }
        var unsaved: Set<Partition> = []
        for (slot, saved) in zip(slots, await store.save(savings)) where !take(saved, slot: slot) {
            unsaved.insert(memory.entries[Int(slot)].partition)
        }
        return unsaved
    }

    /// So that whoever comes after us knows of series that are silent then.
    private func list(_ slots: [Int32]) async {
        guard !slots.isEmpty else { return }
        let entries = slots.map { memory.entries[Int($0)] }
        guard await store.list(entries.map { ($0.name, $0.partition) }) else { return }
        for (slot, entry) in zip(slots, entries) where memory.slot(of: entry.name) == slot { memory.setListed(slot) }
    }

    /// - Returns: false for one that is still due.
    private func take(_ saved: StateStore.Saved, slot: Int32) -> Bool {
        switch saved {
        case .saved(let revision):
            memory.setRevision(revision, slot: slot)
            metrics.savedSeries.add(1)
            return true
        case .newer(let state, let revision):
            metrics.adoptedSeries.add(1)
            var transitions: [AlertTransition] = []
            metrics.refused(memory.adopt(state, revision: revision, slot: slot, into: &transitions))
            onAdoption?(slot)
            return true
        case .unreadable(let revision):
            // Ours is the one that works: the next checkpoint replaces it.
            metrics.unreadableState.emit(["series": "\(memory.entries[Int(slot)].name)"])
            memory.setRevision(revision, slot: slot)
            memory.markDirty(slot)
            return false
        case .failed(let why):
            metrics.checkpointFailed.emit(["why": "\(why)"])
            memory.markDirty(slot)
            return false
        }
    }
}
