internal import CChildProcess
internal import Dispatch
import FoundationEssentials
public import Glibc
internal import Platform
internal import Synchronization

/// A running program that we started.
///
/// Each child has a thread of ours that spawns it, lives as long as it does, and reaps it. The kernel's
/// death signal is tied to the spawning thread, not to the process, so a pooled thread would kill its children
/// when it idles out.
public final class ChildProcess: Sendable {
    public let pid: Int32
    public let identity: ProcessIdentity?
    private let state = Mutex(State())

    private struct State {
        var status: ExitStatus?
        var waiters: [UInt64: CheckedContinuation<ExitStatus?, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private init(pid: Int32) {
        self.pid = pid
        identity = ProcessIdentity(of: pid)
    }

    /// Starts a program and returns when the kernel has taken it.
    ///
    /// - Throws: ``SpawnError``, ``SystemCallError`` (its files), or `NoThread`.
    public static func spawn(_ command: Command) throws -> ChildProcess {
        let files = try ChildFiles(command)
        defer { files.close() }
        let outcome = Mutex<Result<ChildProcess, SpawnError>?>(nil)
        let started = DispatchSemaphore(value: 0)
        try detachThread {
            let result = forkAndExecute(command, files).map(ChildProcess.init(pid:))
            outcome.withLock { $0 = result }
            started.signal()
            if case .success(let child) = result { child.reap() }
        }
        started.wait()
        guard let result = outcome.withLock({ $0 }) else { preconditionFailure("signalled without a result") }
        return try result.get()
    }

    /// Sends a signal; does nothing once the process has ended.
    public func signal(_ number: Int32) {
        // Under the lock, since the pid is ours only until `reap` takes it.
        state.withLock { state in
            if state.status == nil { kill(pid, number) }
        }
    }

    /// How it ended, if it has.
    public var status: ExitStatus? { state.withLock { $0.status } }

    /// Waits for the end.
    public func exitStatus() async -> ExitStatus {
        while true {
            if let status = await exitStatus(within: .seconds(3600)) { return status }
        }
    }

    /// Waits for the end, and returns `nil` when the process outlives the limit.
    public func exitStatus(within limit: Duration) async -> ExitStatus? {
        await withCheckedContinuation { continuation in
            guard let waiter = enroll(continuation) else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + limit.seconds) { self.dismiss(waiter) }
        }
    }

    /// Asks with a signal, and kills when the process has not gone within the limit.
    @discardableResult
    public func stop(with number: Int32 = SIGTERM, within limit: Duration) async -> ExitStatus {
        signal(number)
        if let status = await exitStatus(within: limit) { return status }
        signal(SIGKILL)
        return await exitStatus()
    }

    private func enroll(_ continuation: CheckedContinuation<ExitStatus?, Never>) -> UInt64? {
        let (waiter, status) = state.withLock { state -> (UInt64?, ExitStatus?) in
            if let status = state.status { return (nil, status) }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = continuation
            return (state.nextWaiter, nil)
        }
        if waiter == nil { continuation.resume(returning: status) }
        return waiter
    }

    private func dismiss(_ waiter: UInt64) {
        let continuation = state.withLock { $0.waiters.removeValue(forKey: waiter) }
        continuation?.resume(returning: nil)
    }

    /// On the child's own thread.
    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        let status = ExitStatus(information)
        let waiters = state.withLock { state in
            waitpid(pid, nil, 0)
            state.status = status
            defer { state.waiters = [:] }
            return state.waiters
        }
        for continuation in waiters.values { continuation.resume(returning: status) }
    }
}

extension Duration {
    /// As Dispatch and Foundation count.
    var seconds: Double {
        let (whole, attoseconds) = components
        return Double(whole) + Double(attoseconds) * 1e-18
    }
}
