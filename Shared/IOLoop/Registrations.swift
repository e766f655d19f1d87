internal import Glibc
internal import Synchronization
internal import ZeroMQ

/// What the loop waits for. Touched by the loop's thread only.
final class Registrations {
    private var watches: [Watch] = []
    private var polled: [Watch] = []
    /// Places in `polled` of sockets that have a message already.
    private var untold: Set<Int> = []
    private var timers: [ScheduledTimer] = []
    private var pollSet = PollSet()

    func add(_ watch: Watch) { watches.append(watch) }

    func remove(_ watch: Watch) { watches.removeAll { $0 === watch } }

    func add(_ timer: ScheduledTimer) { timers.append(timer) }

    func remove(_ timer: ScheduledTimer) { timers.removeAll { $0 === timer } }

    func fireDueTimers() {
        guard !timers.isEmpty else { return }
        let now = ContinuousClock.now
        let due = timers.filter { $0.deadline <= now }
        for timer in due.sorted(by: { $0.deadline < $1.deadline }) {
            if timer.repeats == nil { remove(timer) }
            timer.fire(at: now)
        }
    }

    func waitAndDispatch(wakeUp: Int32, mayWait: Bool) {
        collectPollItems(wakeUp: wakeUp)
        do {
            let mayWait = mayWait && untold.isEmpty
            let ready = try pollSet.wait(milliseconds: mayWait ? millisecondsToNextTimer() : 0)
            if ready > 0 || !untold.isEmpty { dispatch(wakeUp: wakeUp) }
        } catch {
            dropBrokenDescriptors()
        }
        polled.removeAll(keepingCapacity: true)
        untold.removeAll(keepingCapacity: true)
    }

    private func collectPollItems(wakeUp: Int32) {
        pollSet.removeAll()
        pollSet.append(descriptor: wakeUp, interest: .readable)
        for watch in watches where !watch.interest.isEmpty {
            if watch.hasUntoldMessage { untold.insert(polled.count) }
            watch.append(to: &pollSet)
            polled.append(watch)
        }
    }

    private func dispatch(wakeUp: Int32) {
        if pollSet.found(at: 0).contains(.readable) {
            var count: UInt64 = 0
            _ = read(wakeUp, &count, MemoryLayout<UInt64>.size)
        }
        for (index, watch) in polled.enumerated() {
            let found = untold.contains(index) ? .readable : watch.readiness(pollSet.found(at: index + 1))
            guard !found.isEmpty else { continue }
            watch.deliver(found)
            if found.contains(.failed), watch.isBroken { remove(watch) }
        }
    }

    /// Somebody closed a descriptor and forgot to cancel its watch: the owner is told once, and the loop neither
    /// spins nor takes the process down.
    private func dropBrokenDescriptors() {
        for watch in polled where watch.isBroken {
            watch.deliver(.failed)
            remove(watch)
        }
    }

    /// At most 1 s, so that `lastTick` shows a loop that turns even when nothing happens.
    private func millisecondsToNextTimer() -> Int {
        guard let next = timers.map(\.deadline).min() else { return 1_000 }
        let (seconds, attoseconds) = (next - ContinuousClock.now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        if seconds >= 1 { return 1_000 }
        // Rounded up: waking a little early would spin until the deadline.
        return Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
