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
    private let metrics: AnomalyDetectorMetrics
    /// Called with partitions that are another's from now on.
    var onHandOver: (@IOThread (Partition) -> Void)?
    /// Called with series whose alerts may now say something that has not been told.
    var onAdoption: (@IOThread (Int32) -> Void)?
    private let idle: Duration
    private var timer: ScheduledTimer?
    private var running: Task<Void, Never>?

    /// Series in one pipeline.
    private static let pageSize = 500

    /// - Parameter idle: series that were silent for so long are saved and forgotten.
    init(memory: SeriesMemory, store: StateStore, metrics: AnomalyDetectorMetrics, idle: Duration = .seconds(3_600)) {
        self.memory = memory
        self.store = store
        self.metrics = metrics
        self.idle = idle
    }

    func start(every interval: Duration) {
        timer = EventLoop.schedule(every: interval) { [weak self] in
            guard let self, running == nil else { return }
            IOThread.task { await self.checkpoint() }
        }
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
        await alone { await self.save(self.memory.takeDirty(of: slots)) }
    }

    /// Saves and forgets what was learnt of a partition, so that its next owner goes on from it.
    ///
    /// - Returns: false when some of it could not be saved; it is then kept.
    func handOver(_ partition: Partition) async -> Bool {
        defer { onHandOver?(partition) }
        guard memory.hasSeries(of: partition) else { return true }
        var isForgotten = false
        await alone {
            await self.save(self.memory.takeDirty(of: partition))
            isForgotten = self.memory.forget(partition)
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
        await save(memory.takeDirty())
        memory.forget(idle: idle)
        metrics.show(memory.phases())
    }

    private func save(_ due: [Int32]) async {
        guard store.connection.state.isConnected else { return due.forEach(memory.markDirty) }
        for start in stride(from: 0, to: due.count, by: Self.pageSize) {
            await savePage(Array(due[start..<min(start + Self.pageSize, due.count)]))
        }
    }

    private func savePage(_ slots: [Int32]) async {
        await list(slots.filter { !memory.entries[Int($0)].isListed })
        let savings = slots.map { slot in
            StateStore.Saving(
                name: memory.entries[Int(slot)].name, revision: memory.entries[Int(slot)].revision,
                state: memory.state(of: slot), summary: memory.summary(of: slot))
        }
        for (slot, saved) in zip(slots, await store.save(savings)) { take(saved, slot: slot) }
    }

    /// So that whoever comes after us knows of series that are silent then.
    private func list(_ slots: [Int32]) async {
        guard !slots.isEmpty else { return }
        let entries = slots.map { memory.entries[Int($0)] }
        guard await store.list(entries.map { ($0.name, $0.partition) }) else { return }
        for (slot, entry) in zip(slots, entries) where memory.slot(of: entry.name) == slot { memory.setListed(slot) }
    }

    private func take(_ saved: StateStore.Saved, slot: Int32) {
        switch saved {
        case .saved(let revision):
            memory.setRevision(revision, slot: slot)
            metrics.savedSeries.add(1)
        case .newer(let state, let revision):
            metrics.adoptedSeries.add(1)
            var transitions: [AlertTransition] = []
            metrics.refused(memory.adopt(state, revision: revision, slot: slot, into: &transitions))
            onAdoption?(slot)
        case .unreadable(let revision):
            // Ours is the one that works: the next checkpoint replaces it.
            metrics.unreadableState.emit(["series": "\(memory.entries[Int(slot)].name)"])
            memory.setRevision(revision, slot: slot)
            memory.markDirty(slot)
        case .failed(let why):
            metrics.checkpointFailed.emit(["why": "\(why)"])
            memory.markDirty(slot)
        }
    }
}
