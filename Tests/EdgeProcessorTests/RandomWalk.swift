import Model

/// Readings at uneven times, some of them far apart.
struct RandomWalk {
    var points: [(timestamp: Timestamp, value: Double)] = []

    init(seed: UInt64, count: Int = 2_000) {
        var random = SplitMix64(seed: seed)
        var (time, value) = (Int64(1_717_750_800_000_000), Double.random(in: -50...50, using: &random))
        for _ in 0..<count {
            time += Int64.random(in: 1...2_000_000, using: &random)
            if Int.random(in: 0..<200, using: &random) == 0 { time += 90_000_000 }
            if Int.random(in: 0..<100, using: &random) == 0 { value += Double.random(in: -20...20, using: &random) }
            value += Double.random(in: -0.5...0.5, using: &random)
            points.append((Timestamp(microseconds: time), value))
        }
    }
}
