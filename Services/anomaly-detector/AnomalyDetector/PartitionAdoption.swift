internal import IOLoop
internal import Model
internal import Redis

/// Takes up partitions that nobody learns from, since no reading of theirs comes: somebody has to look at the clock for their series, and
/// to bring their alerts to an end.
@IOThread
final class PartitionAdoption {
    private let step: DetectionStep
    private let leases: PartitionLeases
    private let store: StateStore
    private let always: Partition
    private var timer: ScheduledTimer?
    private var isLooking = false

    /// - Parameter always: a partition that is to have an owner also while it has no series.
    init(step: DetectionStep, leases: PartitionLeases, store: StateStore, always: Partition) {
        self.step = step
        self.leases = leases
        self.store = store
        self.always = always
    }

    /// - Parameter first: time for those that readings come for.
    func start(after first: Duration, every interval: Duration) {
        let begin = ContinuousClock.now + first
        timer = EventLoop.schedule(every: interval) { [weak self] in
            guard let self, !isLooking, ContinuousClock.now >= begin else { return }
            IOThread.task { await self.look() }
        }
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    func look() async {
        isLooking = true
        defer { isLooking = false }
        guard store.connection.state.isConnected else { return }
        let listed = Set(await store.listedPartitions() + [always])
        for partition in await leases.adopt(listed.sorted()) {
            await step.takeUp(partition, Set(await store.series(of: partition)))
        }
        // Those that readings brought here, and of which some series are silent since before.
        for partition in leases.held where listed.contains(partition) && !step.hasTakenUp(partition) {
            await step.takeUp(partition, Set(await store.series(of: partition)))
        }
    }
}
