import Observability

/// The counts of a histogram over the last seconds.
struct LatencyWindow: Hashable, Sendable {
    /// Looks, one a second or so: what a quantile is of.
    private static let length = 10

    private var past: [BucketCounts] = []

    /// - Parameter counts: nil when the instance has no such histogram.
    mutating func take(_ counts: BucketCounts?) {
        guard let counts else { return clear() }
        if past.count > Self.length { past.removeFirst() }
        past.append(counts)
    }

    mutating func clear() { past = [] }

    /// Nil before the second look.
    var recent: BucketCounts? {
        guard past.count > 1, let first = past.first, let last = past.last else { return nil }
        return last.since(first)
    }
}

extension Sequence<LatencyWindow> {
    /// Of all of them together, as far as they have the same buckets; nil when there are none.
    var recent: BucketCounts? {
        compactMap(\.recent).reduce(nil) { sum, counts in
            guard let sum else { return counts }
            return sum.adding(counts) ?? sum
        }
    }
}
