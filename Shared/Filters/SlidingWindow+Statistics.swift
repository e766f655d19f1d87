// Computed anew from the few values that they are of, each time: as many steps for every reading, and nothing in them
// is older than those values. Running sums would keep what rounding took from every value there ever was.

/// Mean and standard deviation of some values.
public struct Moments: Sendable, Hashable {
    public let mean: Double
    /// Of the population: the divisor is the number of values.
    public let standardDeviation: Double

    public init(mean: Double, standardDeviation: Double) {
        self.mean = mean
        self.standardDeviation = standardDeviation
    }
}

extension SlidingWindow {
    /// Mean and population standard deviation of `length` values, the last of which is `skipped` before the newest.
    /// For finite values both are finite.
    ///
    /// - Precondition: There are so many values, and `length` is at least 1.
    public func moments(ofLast length: Int, skipping skipped: Int = 0) -> Moments {
        precondition(length > 0 && skipped >= 0 && length + skipped <= count)
        return withValues { values in
            let chosen = UnsafeBufferPointer(rebasing: values.dropLast(skipped).suffix(length))
            let moments = chosen.moments(scale: 1)
            if moments.mean.isFinite, moments.standardDeviation.isFinite { return moments }
            // The sum or the squares left the range of a double. Of values this much smaller none does.
            return chosen.moments(scale: 0x1p-522)
        }
    }

    /// Mean of the newest values.
    ///
    /// - Precondition: There are so many values, and at least one.
    public func mean(ofLast length: Int) -> Double {
        moments(ofLast: length).mean
    }

    /// The middle one of the newest three values.
    ///
    /// - Precondition: There are three.
    public var medianOfLast3: Double {
        precondition(count >= 3)
        let (a, b, c) = (self[count - 3], self[count - 2], self[count - 1])
        return max(min(a, b), min(max(a, b), c))
    }
}

extension UnsafeBufferPointer<Double> {
    /// In two passes, so that a large mean does not swallow the deviations.
    @inline(__always)
    fileprivate func moments(scale: Double) -> Moments {
        var sum = 0.0
        for value in self { sum += value * scale }
        let mean = sum / Double(count)
        var squares = 0.0
        for value in self {
            let deviation = value * scale - mean
            squares += deviation * deviation
        }
        let deviation = (squares / Double(count)).squareRoot()
        guard scale != 1 else { return Moments(mean: mean, standardDeviation: deviation) }
        return Moments(mean: (mean / scale).limited, standardDeviation: (deviation / scale).limited)
    }
}

extension Double {
    /// Rounding may have taken the largest double there is a step beyond itself.
    fileprivate var limited: Double { max(-Self.greatestFiniteMagnitude, min(self, Self.greatestFiniteMagnitude)) }
}
