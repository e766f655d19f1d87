internal import IOLoop

/// A task that waits for a pipe to be empty, with a limit.
@IOThread
final class Drainer {
    private var continuation: CheckedContinuation<Bool, Never>?
    private var timer: ScheduledTimer?

    init(within limit: Duration, _ continuation: CheckedContinuation<Bool, Never>) {
        self.continuation = continuation
        timer = EventLoop.schedule(after: limit) { [weak self] in self?.finish(false) }
    }

    func finish(_ drained: Bool) {
        continuation?.resume(returning: drained)
        continuation = nil
        timer?.cancel()
        timer = nil
    }
}
