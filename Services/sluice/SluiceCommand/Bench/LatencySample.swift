/// Latencies in milliseconds, summarised exactly (sorted, nearest rank).
struct LatencySample {
    private var milliseconds: [Double] = []

    var count: Int { milliseconds.count }

    mutating func add(_ value: Double) { milliseconds.append(value) }

    mutating func add(contentsOf values: [Double]) { milliseconds += values }

    func summary() -> LatencySummary? {
        guard !milliseconds.isEmpty else { return nil }
        let sorted = milliseconds.sorted()
        func quantile(_ share: Double) -> Double {
            let rank = Int((share * Double(sorted.count)).rounded(.up))
            return sorted[min(max(rank - 1, 0), sorted.count - 1)]
        }
        return LatencySummary(
            count: sorted.count, p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), max: sorted.last ?? 0)
    }
}

/// Quantiles of a latency, milliseconds.
struct LatencySummary: Codable, Equatable {
    var count: Int
    var p50: Double
    var p99: Double
    var p999: Double
    var max: Double
}
