internal import CLinux
internal import Glibc
internal import Synchronization
internal import ZeroMQ

/// A serial executor that is also an event loop: one pthread that runs jobs, then waits in `poll`.
///
/// `@unchecked Sendable`: other threads touch only `queue` (a mutex), `wakeUp` (a descriptor) and the two atomics;
/// everything else belongs to the loop's thread.
final class IOExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
    private let queue = Mutex<[UnownedJob]>([])
    private let wakeUp: Int32
    private let threadIdentity = Atomic<UInt>(0)
    private let tickMilliseconds = Atomic<Int>(0)

    // The loop's thread only.
    private var running: [UnownedJob] = []
    let registrations = Registrations()

    init() {
        wakeUp = sluice_eventfd()
        precondition(wakeUp >= 0, "cannot make an eventfd: errno \(errno)")
        tickMilliseconds.store(Self.monotonicMilliseconds(), ordering: .relaxed)
        startThread()
    }

    var lastTick: Double { Double(tickMilliseconds.load(ordering: .relaxed)) / 1_000 }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.withLock { $0.append(job) }
        // On its own thread the loop looks at the queue before it waits, so the system call is spared.
        if !isOnThread { wake() }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func checkIsolated() {
        precondition(isOnThread, "this code belongs on the I/O thread; call it from @IOThread code")
    }

    func isIsolatingCurrentContext() -> Bool? { isOnThread }

    private var isOnThread: Bool {
        threadIdentity.load(ordering: .acquiring) == UInt(pthread_self())
    }

    private func wake() {
        var one: UInt64 = 1
        // The counter can only be full when a wake-up is already due.
        _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }

    private func startThread() {
        var thread = pthread_t()
        let executor = Unmanaged.passRetained(self)
        let failure = pthread_create(&thread, nil, ioThreadMain, executor.toOpaque())
        precondition(failure == 0, "cannot start the I/O thread: errno \(failure)")
        pthread_detach(thread)
    }

    /// The loop. Never returns: the thread lives as long as the process.
    fileprivate func run() -> Never {
        threadIdentity.store(UInt(pthread_self()), ordering: .releasing)
        sluice_name_thread("sluice-io")
        while true {
            tickMilliseconds.store(Self.monotonicMilliseconds(), ordering: .relaxed)
            registrations.fireDueTimers()
            runJobs()
            registrations.waitAndDispatch(wakeUp: wakeUp, mayWait: queue.withLock(\.isEmpty))
        }
    }

    /// Runs what is queued now; jobs that these enqueue wait for the next turn, so descriptors are never starved.
    private func runJobs() {
        queue.withLock { swap(&$0, &running) }
        for job in running {
            job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        running.removeAll(keepingCapacity: true)
    }

    static func monotonicMilliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}

private func ioThreadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<IOExecutor>.fromOpaque(argument).takeRetainedValue().run()
}
