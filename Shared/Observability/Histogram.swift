import Model
import Synchronization

/// How often a value fell into each of a few fixed buckets. Any thread may observe and read.
public final class Histogram: Sendable {
    /// Upper bounds, ascending, without the infinite one.
    public let buckets: [Double]
    // SAFETY: allocated once, freed in deinit, never reassigned; the atomics in it are safe from any thread.
    private nonisolated(unsafe) let counts: UnsafeMutablePointer<Atomic<Int>>
    private let sumBits = Atomic<UInt64>(0)

    init(buckets: [Double]) {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy(<), "buckets must ascend")
        self.buckets = buckets
        counts = .allocate(capacity: buckets.count + 1)
        for index in 0...buckets.count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: buckets.count + 1)
        counts.deallocate()
    }

    /// - Parameter times: how many readings share the value; observe once a batch.
    public func observe(_ value: Double, times: Int = 1) {
        let index = buckets.firstIndex { value <= $0 } ?? buckets.count
        counts[index].wrappingAdd(times, ordering: .relaxed)
        sumBits.addDouble(value * Double(times))
    }

    /// In seconds.
    public func observe(_ duration: Duration, times: Int = 1) {
        observe(duration.inSeconds, times: times)
    }

    /// How many values are at most each bucket's bound, the infinite one last. Cumulative, as Prometheus has it.
    public var cumulativeCounts: [Int] {
        var total = 0
        return (0...buckets.count).map { index in
            total += counts[index].load(ordering: .relaxed)
            return total
        }
    }

    public var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }
}

extension [Double] {
    /// Seconds from 0.5 ms to a minute: the latencies of stages and of the whole way.
    public static var latencies: [Double] {
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    }

    /// The same and up to an hour: what waited in a spool while something was away.
    public static var endToEndLatencies: [Double] { latencies + [300, 3_600] }

    /// Readings in a batch.
    public static var batchSizes: [Double] {
        [1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000]
    }
}
