internal import Glibc

/// How short the I/O thread is of a core: where many processes compete for few, work in larger pieces gets more done, and where
/// cores are idle it need not wait to become larger.
///
/// Linux counts in `/proc/thread-self/schedstat` (Documentation/scheduler/sched-stats.rst) the nanoseconds that a thread ran, and
/// those that it could have run and waited for a core. Where that file is missing, ``level`` stays 0.
@IOThread
public final class CPUContention {
    /// 0: the thread waits for a core for no longer than it runs on one. 1: for half as long again, or longer. In between linear.
    public private(set) var level = 0.0

    private let file: Int32
    private var last: Sample?
    private var ratio = 0.0
    private var timer: ScheduledTimer?

    /// Looks four times a second until it is deinitialised.
    public init() {
        file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)
        last = read()
        timer = EventLoop.schedule(every: .milliseconds(250)) { [weak self] in self?.look() }
    }

    isolated deinit {
        timer?.cancel()
        if file >= 0 { close(file) }
    }

    struct Sample: Equatable {
        /// Nanoseconds.
        var ran: Int
        var waited: Int

        /// - Parameter text: what has run, what has waited, and a number of slices.
        init?(_ text: String) {
            let numbers = text.split(separator: " ").prefix(2).compactMap { Int($0) }
            guard numbers.count == 2 else { return nil }
            (ran, waited) = (numbers[0], numbers[1])
        }
    }

    private func look() {
        guard let sample = read() else { return }
        defer { last = sample }
        guard let last else { return }
        ratio = Self.smoothed(ratio, from: last, to: sample)
        level = Self.level(ratio)
    }

    /// Who runs less than a millisecond has nothing to gather, and its share says nothing.
    nonisolated static func smoothed(_ ratio: Double, from last: Sample, to sample: Sample) -> Double {
        let ran = sample.ran - last.ran
        let now = ran < 1_000_000 ? 0 : Double(sample.waited - last.waited) / Double(ran)
        return (ratio + now) / 2
    }

    nonisolated static func level(_ ratio: Double) -> Double { min(max(2 * (ratio - 1), 0), 1) }

    private func read() -> Sample? {
        guard file >= 0 else { return nil }
        let text = withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { buffer in
            let count = pread(file, buffer.baseAddress, buffer.count, 0)
            return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        }
        return Sample(text)
    }
}
