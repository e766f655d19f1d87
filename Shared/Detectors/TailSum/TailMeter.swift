internal import Glibc

/// How unlikely a size is: a quantile of 99.5 % that follows the series, and an exponential tail of ln(y/q) above it (B. M.
/// Hill, "A Simple General Approach to Inference About the Tail of a Distribution", Annals of Statistics 3, 1975).
struct TailMeter: Equatable {
    /// The quantile.
    var quantile = 0.0
    /// Of the sizes, exponentially weighted.
    var mean = 0.0
    /// Of ln(y/q) above the quantile.
    var tail = 0.5
    /// Sizes that were above it.
    var exceedances = 0.0

    private static let log10e = log10(exp(1.0))

    /// −log10 of the probability of a size that is as large, 0 when it is not unusual. Then learns from it.
    ///
    /// - Parameters:
    ///   - size: not negative.
    ///   - count: readings so far, with this one.
    ///   - rate: at which the series is forgotten.
    @inline(__always)
    mutating func answer(_ size: Double, count: Double, rate: Double) -> Double {
        var surprise = 0.0
        var excess = 0.0
        if size > quantile, quantile > 0 {
            excess = log(size / quantile)
            if count > 30 { surprise = TailSum.atQuantile + excess * Self.log10e / max(tail, 0.05) }
        }
        learn(size, excess, count, rate)
        return surprise
    }

    @inline(__always)
    private mutating func learn(_ size: Double, _ excess: Double, _ count: Double, _ rate: Double) {
        mean += rate * (size - mean)
        guard count > 10 else {
            quantile = max(quantile, size)
            return
        }
        let step = 4 * rate * max(mean, quantile)
        guard size > quantile else {
            quantile = max(0, quantile - 0.005 * step)
            return
        }
        if quantile > 0 {
            exceedances += 1
            tail += (min(excess, 3) - tail) / min(20 + exceedances, 500)
        }
        quantile += 0.995 * step
    }
}
