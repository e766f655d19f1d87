internal import Alerting
internal import IOLoop
internal import Model
internal import Redis

/// What time brings about, once a second: alerts that end, reminders, and who is missing.
@IOThread
final class AlertRounds {
    /// What only the service knows.
    struct Surroundings {
        /// Whether readings can come in and go on.
        var isListening: Bool
        /// Why the broker is away; nil: it is there.
        var brokerAway: String?
    }

    private let memory: SeriesMemory
    private let watch: SilenceWatch
    private let leases: PartitionLeases
    private let outbox: AlertOutbox
    private let checkpoints: Checkpoints
    private let store: StateStore

    init(
        memory: SeriesMemory, watch: SilenceWatch, leases: PartitionLeases, outbox: AlertOutbox,
        checkpoints: Checkpoints, store: StateStore
    ) {
        self.memory = memory
        self.watch = watch
        self.leases = leases
        self.outbox = outbox
        self.checkpoints = checkpoints
        self.store = store
    }

    func go(_ surroundings: Surroundings, at now: ContinuousClock.Instant = .now, wall: Timestamp = .now()) {
        var transitions: [AlertTransition] = []
        let isOwned = leases.ownership(at: now)
        memory.book.tick(wall, where: { isOwned(memory.entries[Int($0)].partition) }, into: &transitions)
        watch.look(
            // Without Redis nobody knows who owns what, and others hear what is not heard here.
            at: now, wall: wall,
            isListening: surroundings.isListening && leases.obstacle == nil && store.connection.state.isConnected,
            brokerAway: surroundings.brokerAway, isOwned: isOwned, into: &transitions)
        giveUp(wall, isOwned, &transitions)
        publish(transitions)
    }

    /// Which slots' series are this instance's to speak of, at this moment.
    var owned: (Int32) -> Bool {
        let isOwned = leases.ownership(at: .now)
        return { [memory] in isOwned(memory.entries[Int($0)].partition) }
    }

    /// Sends transitions that no batch brought about on their way, and saves what they change.
    func publish(_ transitions: [AlertTransition]) {
        guard !transitions.isEmpty else { return }
        let changed = Set(transitions.compactMap { memory.slot(of: $0.fingerprint.series) })
        for slot in changed { memory.markDirty(slot) }
        outbox.add(transitions)
        IOThread.task { [checkpoints] in await checkpoints.checkpoint(changed) }
    }

    /// First its alerts end; once nothing is left of them, it is forgotten here and in the list of series.
    private func giveUp(_ wall: Timestamp, _ isOwned: (Partition) -> Bool, _ transitions: inout [AlertTransition]) {
        var gone: [(name: SensorName, partition: Partition)] = []
        let due = watch.givenUp(at: wall).filter { isOwned(memory.entries[Int($0)].partition) }
        guard !due.isEmpty else { return }
        let inUse = memory.devicesInUse
        for slot in due {
            memory.book.giveUp(
                slot: slot, because: "nothing was heard for so long that it is no longer waited for", now: wall,
                into: &transitions)
            guard !memory.book.isWatched(slot: slot), !inUse.contains(slot) else { continue }
            let entry = memory.entries[Int(slot)]
            gone.append((entry.name, entry.partition))
            watch.forget(slot)
            memory.forget(slot)
        }
        guard !gone.isEmpty else { return }
        IOThread.task { [store] in await store.unlist(gone) }
    }
}
