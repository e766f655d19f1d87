/// Sums over the readings of one window, one reading at a time.
///
/// Sums are taken of the distance to the window's first value, which makes them as good as a second pass: that value is
/// one of the readings, so (shift − mean)² ≤ m2, and the subtraction in `m2` loses at most a factor of n + 1 of the
/// double's precision, wherever the values lie. Source: Chan, Golub, LeVeque, "Algorithms for Computing the Sample
/// Variance: Analysis and Recommendations", 1983, on shifted data.
struct MinuteAccumulator {
    private var count: Int64 = 0
    private var shift = 0.0
    private var sum = 0.0
    private var sumOfSquares = 0.0
    /// Readings beyond ``WindowSummary/spreadLimit``, and 2⁻⁶⁴ of their sum, which can not overflow.
    private var largeCount: Int64 = 0
    private var scaledLargeSum = 0.0
    private var minimum: Double
    private var maximum: Double
    private var first: TimedValue
    private var last: TimedValue

    private static let scale = 0x1p-64

    @inline(__always)
    init(_ reading: TimedValue) {
        minimum = reading.value
        maximum = reading.value
        first = reading
        last = reading
        add(reading)
    }

    @inline(__always)
    mutating func add(_ reading: TimedValue) {
        let value = reading.value
        if value < minimum { minimum = value }
        if value > maximum { maximum = value }
        if reading < first { first = reading }
        if last < reading { last = reading }
        guard abs(value) < WindowSummary.spreadLimit else {
            largeCount += 1
            scaledLargeSum += value * Self.scale
            return
        }
        if count == 0 { shift = value }
        count += 1
        let distance = value - shift
        sum += distance
        sumOfSquares += distance * distance
    }

    var summary: WindowSummary {
        let total = Double(count + largeCount)
        let mean = largeCount == 0 ? shift + sum / total : meanWithLargeValues(of: total)
        let m2 = largeCount == 0 ? max(0, sumOfSquares - sum * sum / total) : 0
        return WindowSummary(
            count: count + largeCount, mean: mean, m2: m2, minimum: minimum, maximum: maximum, first: first, last: last)
    }

    private func meanWithLargeValues(of total: Double) -> Double {
        let small = (shift * Double(count) + sum) / total
        let limit = Double.greatestFiniteMagnitude * Self.scale
        return small + max(-limit, min(limit, scaledLargeSum / total)) / Self.scale
    }
}
