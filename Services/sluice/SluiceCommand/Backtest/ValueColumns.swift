import Model

/// What a plot of a series shows.
struct SeriesPlot {
    var name: SensorName
    var alerts = 0
    var anomalies = 0
    var values = ValueColumns(limit: 1_200)

    init(name: SensorName) {
        self.name = name
    }
}

/// Values over time, for a plot: of each stretch of time the smallest and the greatest, so that no spike is lost.
///
/// The stretches begin at a microsecond and double whenever there are too many, so neither the span of the values nor their
/// number need be known before. Times may come in any order.
struct ValueColumns {
    struct Column: Hashable {
        /// The middle of its stretch, µs since 1970.
        var time: Int64
        var low: Double
        var high: Double
    }

    /// Columns that are kept.
    let limit: Int
    /// Of the first and the last value.
    private(set) var span: ClosedRange<Int64>?
    /// A stretch is 2 to the power of this many microseconds long.
    private var exponent: Int64 = 0
    private var ranges: [Int64: ClosedRange<Double>] = [:]

    /// - Precondition: the limit is at least 2: stretches before 1970 and after it are never one.
    init(limit: Int) {
        precondition(limit > 1, "a plot of \(limit) columns")
        self.limit = limit
    }

    mutating func add(_ value: Double, at time: Int64) {
        span = min(time, span?.lowerBound ?? time)...max(time, span?.upperBound ?? time)
        let stretch = time >> exponent
        ranges[stretch] = ranges[stretch].map { $0.extended(by: value...value) } ?? value...value
        while ranges.count > limit { widen() }
    }

    private mutating func widen() {
        exponent += 1
        let pairs = ranges.map { ($0.key >> 1, $0.value) }
        ranges = Dictionary(pairs) { $0.extended(by: $1) }
    }

    /// In the order of time.
    var columns: [Column] {
        let half: Int64 = exponent == 0 ? 0 : 1 << (exponent - 1)
        return ranges.sorted { $0.key < $1.key }.map { stretch, range in
            Column(time: (stretch << exponent) &+ half, low: range.lowerBound, high: range.upperBound)
        }
    }

    /// The smallest and the greatest value of all.
    var range: ClosedRange<Double>? {
        guard let first = ranges.values.first else { return nil }
        return ranges.values.reduce(first) { $0.extended(by: $1) }
    }
}

extension ClosedRange<Double> {
    fileprivate func extended(by other: Self) -> Self {
        Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
    }
}
