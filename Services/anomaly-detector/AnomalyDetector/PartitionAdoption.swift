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
    private var looking: Task<Void, Never>?
    private var isStopped = false

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
            guard let self, looking == nil, ContinuousClock.now >= begin else { return }
            looking = IOThread.task {
                await self.look()
                self.looking = nil
            }
        }
    }

    /// Returns when nothing is being taken up any more.
    func stop() async {
        isStopped = true
        timer?.cancel()
        timer = nil
        await looking?.value
    }

    func look() async {
        guard store.connection.state.isConnected else { return }
        let listed = Set(await store.listedPartitions() + [always])
        _ = await leases.adopt(listed.sorted())
        // Also those that readings brought here, of which some series are silent since before.
        for partition in leases.held where listed.contains(partition) && !step.hasTakenUp(partition) {
            guard !isStopped, let series = await store.series(of: partition) else { return }
            await step.takeUp(partition, Set(series))
        }
    }
}
