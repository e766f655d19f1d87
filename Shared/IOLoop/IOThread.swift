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

    /// A task whose every step runs on the I/O thread.
    ///
    /// A plain `Task` comes back to it too, but by way of another thread after each continuation: the runtime resumes a task on
    /// the executor that it prefers, by default the global one, and only then changes to its actor's (SE-0417). With few cores
    /// these two changes of thread cost more than most of what is done between them.
    @discardableResult
    public static nonisolated func task<Success: Sendable>(
        _ operation: @escaping @IOThread () async -> Success
    ) -> Task<Success, Never> {
        Task(executorPreference: shared.executor, operation: operation)
    }

    /// ``task(_:)`` for what may throw.
    @discardableResult
    public static nonisolated func throwingTask<Success: Sendable>(
        _ operation: @escaping @IOThread () async throws -> Success
    ) -> Task<Success, any Error> {
        Task(executorPreference: shared.executor, operation: operation)
    }

    /// Runs `body` in the calling task as ``task(_:)`` runs a new one.
    @IOThread
    public static func staying<Success: Sendable>(
        _ body: @IOThread () async throws -> Success
    ) async rethrows -> Success {
        try await withTaskExecutorPreference(shared.executor) { try await body() }
    }
}
