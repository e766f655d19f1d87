internal import Plugins

/// Count, mean and sum of squared deviations of all values so far.
///
/// Source of the update: B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products",
/// Technometrics 4 (1962).
struct RunningStatistics: Equatable {
    var count: Double = 0
    var mean: Double = 0
    /// Σ (x − mean)².
    var squares: Double = 0

    @inline(__always)
    mutating func add(_ reading: Double) {
        // The squares of more cannot be summed; one infinity would stay for ever.
        let value = min(max(reading, -1e140), 1e140)
        count += 1
        let before = value - mean
        mean += before / count
        squares += before * (value - mean)
    }

    /// Of the population: the divisor is the count. So it is 0, and not undefined, after the first value, and
    /// (mean, std, count) in Redis are all that is needed to go on.
    @inline(__always)
    var standardDeviation: Double {
        count > 0 ? (squares / count).squareRoot() : 0
    }
}

extension RunningStatistics {
    var summary: SeriesSummary {
        SeriesSummary(mean: mean, standardDeviation: standardDeviation, count: UInt64(count))
    }
}

extension StateWriter {
    mutating func append(_ statistics: RunningStatistics) {
        for number in [statistics.count, statistics.mean, statistics.squares] { append(number) }
    }
}

extension StateReader {
    mutating func statistics() -> RunningStatistics {
        RunningStatistics(count: count(), mean: double(), squares: size())
    }
}
