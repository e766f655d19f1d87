import Model

/// Readings at uneven times, some of them far apart.
struct RandomWalk {
    var points: [(timestamp: Timestamp, value: Double)] = []

    init(seed: UInt64, count: Int = 2_000) {
        var random = SeededRandom(state: seed)
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

/// SplitMix64. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
