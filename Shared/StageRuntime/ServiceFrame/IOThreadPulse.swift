import Glibc
import IOLoop

/// Turns the I/O thread once a second though nothing else happens, so that its silence means that it hangs.
@IOThread
final class IOThreadPulse {
    private let timer: ScheduledTimer

    init() async {
        timer = EventLoop.schedule(every: .seconds(1)) {}
    }

    func stop() {
        timer.cancel()
    }

    /// How long the thread has not turned.
    nonisolated static func silence() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        return .seconds(max(0, now - IOThread.lastTick))
    }
}
