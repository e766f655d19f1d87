/// The one thread that runs a process's data path, as a global actor.
///
/// Classes isolated to it own the handles of C libraries: the compiler then knows that they are used on this thread
/// alone, they call each other without hops or locks, and async functions on them resume here.
@globalActor
public actor IOThread {
    public static let shared = IOThread()

    private nonisolated let executor = IOExecutor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// When the loop last turned, in seconds of the monotonic clock. Readable from any thread; `/livez` looks at it.
    public static nonisolated var lastTick: Double {
        shared.executor.lastTick
    }

    nonisolated var loop: IOExecutor { executor }
}
