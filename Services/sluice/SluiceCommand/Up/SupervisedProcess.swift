import FoundationEssentials
import Glibc
import Processes

/// Keeps one process alive until it is told to stop.
actor SupervisedProcess {
    /// Starts the process and returns when it runs; a server, when it answers.
    typealias Start = @Sendable () async throws -> ChildProcess

    /// sysexits.h: EX_CONFIG. Starting again would change nothing.
    static let badConfiguration: Int32 = 78

    private let start: Start
    private let stopSignal: Int32
    private let log: LogFile
    private let changed: @Sendable (ProcessState) async -> Void
    private(set) var state: ProcessState
    private var child: ChildProcess?
    private var watcher: Task<Void, Never>?
    private var isStopping = false
    private var isHastened = false
    private var delay = RestartDelay()

    init(
        _ state: ProcessState, log: LogFile, stopSignal: Int32 = SIGTERM,
        changed: @escaping @Sendable (ProcessState) async -> Void, start: @escaping Start
    ) {
        self.state = state
        self.log = log
        self.stopSignal = stopSignal
        self.changed = changed
        self.start = start
    }

    /// The first start.
    ///
    /// - Throws: what the start throws; later failures are retried instead.
    func launch() async throws {
        let child = try await startOnce()
        watcher = Task { await self.keepAlive(child) }
    }

    /// Asks the process to drain, kills it when it outlasts the limit, and starts it no more.
    ///
    /// - Parameter signal: instead of the usual one.
    func stop(within limit: Duration, with signal: Int32? = nil) async {
        isStopping = true
        watcher?.cancel()
        if let child, child.status == nil {
            let status = await child.stop(with: signal ?? stopSignal, within: limit)
            if status == .killed(signal: SIGKILL), !isHastened {
                Console.warn("\(state.instance) was killed: it did not stop in time")
            }
        }
        await watcher?.value
        await enter(.stopped)
    }

    /// Kills the process instead of letting it drain, and starts it no more; ``stop(within:)`` still has to be called.
    func hasten() {
        isStopping = true
        isHastened = true
        watcher?.cancel()
        child?.signal(SIGKILL)
    }

    private func startOnce() async throws -> ChildProcess {
        let child = try await start()
        self.child = child
        state.process = child.identity
        // Told to stop while it was starting.
        if isStopping { await child.stop(with: isHastened ? SIGKILL : stopSignal, within: .seconds(10)) }
        await enter(.running)
        return child
    }

    private func keepAlive(_ first: ChildProcess) async {
        var child = first
        while true {
            let started = ContinuousClock.now
            let status = await child.exitStatus()
            guard !isStopping else { return }
            guard status != .exited(Self.badConfiguration) else { return await giveUp(status) }
            await report(status)
            guard let next = await restart(afterLifetime: .now - started) else { return }
            child = next
        }
    }

    /// Tries until the process runs again; `nil` once it is to stop.
    private func restart(afterLifetime lifetime: Duration) async -> ChildProcess? {
        var lifetime = lifetime
        while !isStopping {
            // Cancelled when it is to stop, which the loop sees.
            try? await Task.sleep(for: delay.next(afterLifetime: lifetime))
            guard !isStopping else { break }
            state.restarts += 1
            do {
                return try await startOnce()
            } catch {
                lifetime = .zero
                Console.warn("cannot start \(state.instance) again: \(error)")
            }
        }
        return nil
    }

    private func report(_ status: ExitStatus) async {
        let lines = log.lastLines(5).map { "\n    \($0)" }.joined()
        Console.warn("\(state.instance) ended with \(status); starting it again\(lines)")
        await enter(.restarting)
    }

    private func giveUp(_ status: ExitStatus) async {
        let lines = log.lastLines(10).map { "\n    \($0)" }.joined()
        Console.warn("\(state.instance) refuses its configuration (\(status))\(lines)")
        await enter(.failed)
    }

    private func enter(_ phase: ProcessState.Phase) async {
        state.phase = phase
        await changed(state)
    }
}
