/// What is kept of the readings of one sensor in one window: enough to merge two such summaries without the readings.
struct WindowSummary: Equatable {
    var count: Int64
    var mean: Double
    /// Σ(x − mean)², so that the sample variance is `m2 / (count - 1)`. 0 when a value is beyond ``spreadLimit``.
    var m2: Double
    var minimum: Double
    var maximum: Double
    /// The reading with the smallest (time, value): readings of one microsecond have no other order.
    var first: TimedValue
    /// The reading with the greatest (time, value).
    var last: TimedValue

    /// Values from here on have squares that do not fit into a double; a window with one has no spread. The same
    /// number is in the SQL function `rollup_has_spread`.
    static let spreadLimit = 1e140

    var hasSpread: Bool { minimum > -Self.spreadLimit && maximum < Self.spreadLimit }

    /// Adds the readings of another summary of the same window.
    ///
    /// Source: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
    mutating func merge(_ other: WindowSummary) {
        let total = Double(count + other.count)
        let share = Double(other.count) / total
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        if hasSpread {
            let delta = other.mean - mean
            mean += delta * share
            m2 += other.m2 + delta * delta * Double(count) * share
        } else {
            mean = mean * (Double(count) / total) + other.mean * share
            m2 = 0
        }
        count += other.count
        first = min(first, other.first)
        last = max(last, other.last)
    }
}

/// A value and when it was measured, ordered by time and then by value.
struct TimedValue: Comparable {
    /// µs since 1970 UTC
    var time: Int64
    var value: Double

    static func < (left: TimedValue, right: TimedValue) -> Bool {
        left.time < right.time || (left.time == right.time && left.value < right.value)
    }
}

/// Which window of which sensor; ascending order is the order in which rows are locked.
struct WindowKey: Hashable, Comparable {
    var sensor: Int32
    /// The window's start, µs since 1970 UTC
    var bucket: Int64

    static func < (left: WindowKey, right: WindowKey) -> Bool {
        left.sensor < right.sensor || (left.sensor == right.sensor && left.bucket < right.bucket)
    }
}
