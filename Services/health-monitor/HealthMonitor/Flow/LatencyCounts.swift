/// A Prometheus histogram: how many readings took at most so many seconds.
struct LatencyCounts: Hashable, Sendable {
    /// Ascending, the infinite one last.
    private(set) var bounds: [Double] = []
    /// Cumulative, one each.
    private(set) var counts: [Double] = []

    var total: Double { counts.last ?? 0 }

    /// Adds to what another label of the same bound has.
    mutating func add(_ sample: MetricsPage.Sample) {
        guard let text = sample.label("le"), let bound = text == "+Inf" ? .infinity : Double(text) else { return }
        let place = bounds.firstIndex { $0 >= bound } ?? bounds.endIndex
        if place < bounds.endIndex, bounds[place] == bound {
            counts[place] += sample.value
        } else {
            bounds.insert(bound, at: place)
            counts.insert(sample.value, at: place)
        }
    }

    static func + (left: LatencyCounts, right: LatencyCounts) -> LatencyCounts {
        if left.bounds.isEmpty { return right }
        guard left.bounds == right.bounds else { return left }
        var sum = left
        for place in sum.counts.indices { sum.counts[place] += right.counts[place] }
        return sum
    }

    /// What came since then; all of it when the process began anew meanwhile.
    func since(_ past: LatencyCounts) -> LatencyCounts {
        guard past.bounds == bounds, total >= past.total else { return self }
        var difference = self
        for place in counts.indices { difference.counts[place] -= past.counts[place] }
        return difference
    }

    /// In seconds, straight between the bounds of a bucket, as Prometheus' `histogram_quantile`; of what lies beyond the last
    /// bound, that bound. Nil when nothing was counted.
    ///
    /// - Parameter share: 0 to 1.
    func quantile(_ share: Double) -> Double? {
        guard total > 0, let place = counts.firstIndex(where: { $0 >= share * total }) else { return nil }
        guard bounds[place].isFinite else { return bounds.dropLast().last }
        let (low, below) = place == 0 ? (0, 0) : (bounds[place - 1], counts[place - 1])
        guard counts[place] > below else { return bounds[place] }
        return low + (bounds[place] - low) * (share * total - below) / (counts[place] - below)
    }
}

/// The counts of a histogram over the last seconds.
struct LatencyWindow: Hashable, Sendable {
    /// Looks, one a second or so: what a quantile is of.
    private static let length = 10

    private var past: [LatencyCounts] = []

    mutating func take(_ counts: LatencyCounts) {
        if past.count > Self.length { past.removeFirst() }
        past.append(counts)
    }

    mutating func clear() { past = [] }

    /// Nothing before the second look.
    var recent: LatencyCounts {
        guard past.count > 1, let first = past.first, let last = past.last else { return LatencyCounts() }
        return last.since(first)
    }
}
