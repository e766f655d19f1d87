import EdgeProcessor
import Model
import Testing

/// What is said of each rule, on random walks with steps and outages.
struct ErrorBoundTests {
    private static let seeds: Range<UInt64> = 1..<21

    @Test(arguments: seeds) func `what a dead-band withholds is within it of the last sent reading`(seed: UInt64) throws
    {
        let run = try Walk(seed, .deadBand(.absolute(1.5), heartbeat: .seconds(60)))
        run.eachWithheld { value, before, _ in abs(value - before.raw) <= 1.5 }
        run.expectHeartbeat(of: .seconds(60))
        #expect(run.sent.count < run.walk.points.count / 2)
    }

    @Test(arguments: seeds) func `a relative dead-band is as wide as the last sent reading's size tells`(seed: UInt64)
        throws
    {
        let run = try Walk(seed, .deadBand(.relative(0.1), heartbeat: nil))
        run.eachWithheld { value, before, _ in abs(value - before.raw) <= 0.1 * abs(before.raw) }
    }

    @Test(arguments: seeds) func `what the original's rule withholds is within its relative change`(seed: UInt64) throws
    {
        let run = try Walk(seed, .original(relativeChange: 0.05, every: 40))
        run.eachWithheld { value, before, _ in
            abs(value - before.raw) <= 0.05 * max(abs(before.raw), 0.001) * (1 + 1e-12)
        }
    }

    @Test(arguments: seeds) func `the lines between what a swinging door sends pass all else within the deviation`(
        seed: UInt64
    ) throws {
        let run = try Walk(seed, .swingingDoor(deviation: 1.5, heartbeat: .seconds(60)))
        run.eachWithheld { _, _, distance in distance <= 1.5 + 1e-9 }
        run.expectHeartbeat(of: .seconds(60))
        #expect(run.sent.count < run.walk.points.count / 2)
        #expect(run.sent.last?.number == UInt64(run.walk.points.count), "the last reading is flushed")
    }

    /// One walk through one rule.
    private struct Walk {
        let walk: RandomWalk
        let sent: [ProcessedReading]

        init(_ seed: UInt64, _ rule: TransmissionRule) throws {
            walk = RandomWalk(seed: seed)
            var run = try GatewayRun(rule)
            for point in walk.points { try run.feed(point.value, at: point.timestamp) }
            run.flush()
            sent = run.sent
            #expect(sent.first?.reason == .first)
            #expect(zip(sent, sent.dropFirst()).allSatisfy { $0.timestamp < $1.timestamp })
        }

        /// - Parameter holds: Is given the value, the sent reading before it, and the distance to the line to the
        ///   next one (0 after the last).
        func eachWithheld(_ holds: (Double, ProcessedReading, _ distance: Double) -> Bool) {
            var beyond: [Int] = []
            for (place, before) in sent.enumerated() {
                let after = place + 1 < sent.count ? sent[place + 1] : nil
                let end = after.map { Int($0.number) - 1 } ?? walk.points.count
                beyond += (Int(before.number)..<end).filter { index in
                    let gap = after.map { distance(of: index, from: before, to: $0) } ?? 0
                    return !holds(walk.points[index].value, before, gap)
                }
            }
            #expect(beyond == [], "withheld, and beyond the bound")
        }

        private func distance(of index: Int, from before: ProcessedReading, to after: ProcessedReading) -> Double {
            let whole = Double(after.timestamp.microseconds - before.timestamp.microseconds)
            let part = Double(walk.points[index].timestamp.microseconds - before.timestamp.microseconds)
            return abs(before.raw + (after.raw - before.raw) * part / whole - walk.points[index].value)
        }

        /// No reading but the last before a sent one is so much later than the sent one before that.
        func expectHeartbeat(of heartbeat: Duration) {
            for (before, after) in zip(sent, sent.dropFirst()) where after.number > before.number + 1 {
                let last = walk.points[Int(after.number) - 2].timestamp
                #expect(last.since(before.timestamp) < heartbeat, "reading \(after.number)")
            }
        }
    }
}
