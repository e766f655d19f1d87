import Detectors
import Model
import Plugins
import Testing

struct IsolationForestDetectorTests {
    private func detector(_ change: (inout IsolationForestDetector.Configuration) -> Void = { _ in })
        -> IsolationForestDetector
    {
        var configuration = IsolationForestDetector.Configuration()
        change(&configuration)
        return IsolationForestDetector(configuration)
    }

    @Test func `a series warms up, then spikes alarm and little else does`() throws {
        var random = SplitMix64(seed: 3)
        let detector = detector()
        let run = ForestRun(detector)
        let warming = try run.feed(random.noise(511) + [90])
        #expect(warming.anomalies.isEmpty)
        #expect(warming.scores.allSatisfy { $0 == 0 })
        #expect(detector.phase(slot: 0) == .active)
        let found = try run.feed((random.noise(99) + [60]) + (random.noise(99) + [-40]))
        #expect(Set(found.anomalies.map(\.row)).isSuperset(of: [99, 199]))
        #expect(found.anomalies.count < 10)
        #expect(found.scores[99] == 1)
        #expect(found.scores.filter { $0 < 0.5 }.count > 100)
    }

    @Test func `it says how many readings are still to come`() throws {
        let detector = detector()
        let run = ForestRun(detector)
        try run.feed([1, 2, 3])
        #expect(detector.phase(slot: 0) == .warming(readingsToGo: 509))
        detector.reset(slot: 0)
        #expect(detector.phase(slot: 0) == .warming(readingsToGo: 512))
        #expect(detector.summary(slot: 0) == nil)
    }

    @Test func `an anomaly says why`() throws {
        var random = SplitMix64(seed: 23)
        let run = ForestRun(detector(), start: 14 * 3_600)
        try run.feed((0..<512).map { 20 + Double($0 % 8) / 8 + random.noise() / 100 })
        let anomaly = try #require(try run.feed([35.2]).anomalies.first)
        #expect(anomaly.detector == "isolation-forest")
        #expect(anomaly.score > anomaly.threshold)
        #expect((0.5...1).contains(anomaly.threshold))
        #expect((19.9...20.1).contains(anomaly.expectedLow))
        #expect((20.7...21).contains(anomaly.expectedHigh))
        let sentence =
            #/
            35\.2\ at\ 14:08\ UTC\ \(change\ 14\.\d+\)\ is\ isolated\ after\ (\d\.\d+)\ splits\ on\ average;
            \ half\ of\ 512\ learnt\ readings\ need\ more\ than\ (\d+\.\d+)
            \ \(score\ 0\.\d+,\ threshold\ 0\.\d+\)
            /#
        let match = try #require(try sentence.wholeMatch(in: anomaly.why), "\(anomaly.why)")
        let (splits, usual) = (try #require(Double(match.1)), try #require(Double(match.2)))
        #expect(splits < usual - 1)
    }

    @Test func `many anomalies in a row end the forest, and the series is learnt anew`() throws {
        var random = SplitMix64(seed: 5)
        let detector = detector()
        let run = ForestRun(detector)
        try run.feed(random.noise(512))
        let step = try run.feed(jumps(200))
        #expect(step.anomalies.count == 30)
        #expect(step.anomalies.last?.why.hasSuffix("; after so many anomalies the series is learnt anew") == true)
        #expect(step.anomalies.dropLast().allSatisfy { !$0.why.contains("anew") })
        #expect(detector.phase(slot: 0) == .warming(readingsToGo: 512 - 170))
        #expect(try run.feed(jumps(500)).anomalies.isEmpty)
    }

    @Test(arguments: 1...5)
    func `a step change alarms a bounded number of times`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let detector = detector()
        let run = ForestRun(detector)
        try run.feed(random.noise(512))
        let step = try run.feed(random.noise(2_000, around: 60))
        #expect(step.anomalies.first?.row == 0)
        #expect(step.anomalies.filter { $0.why.contains("anew") }.count == 1)
        #expect(step.anomalies.count < 100)
        #expect(detector.phase(slot: 0) == .active)
    }

    @Test func `in hours of noise no forest is given up`() throws {
        var random = SplitMix64(seed: 10)
        let run = ForestRun(detector { $0.growth.trees = 30 })
        try run.feed(random.noise(512))
        let found = try run.feed(random.noise(5_000))
        #expect((25..<125).contains(found.anomalies.count))
        #expect(found.anomalies.allSatisfy { !$0.why.contains("anew") })
    }

    @Test func `time of day counts once the learnt readings span a day`() throws {
        // At night 10, by day 30, three minutes apart.
        let day = (0..<480).map { $0 < 240 ? 10.0 : 30.0 }
        var random = SplitMix64(seed: 6)
        let days = (day + day).map { $0 + random.noise() / 10 }
        let long = ForestRun(detector { $0.window = 960 }, interval: 180)
        try long.feed(days)
        let odd = try long.feed(Array(repeating: 30, count: 100))
        let usual = try ForestRun(long.detector, interval: 180, start: 12 * 3_600).feed(
            Array(repeating: 30, count: 100))
        #expect(average(odd.scores) > average(usual.scores) + 0.1)

        let short = ForestRun(detector { $0.window = 400 }, interval: 180)
        try short.feed(Array(days.prefix(400)))
        let first = try short.feed([30, 30])
        let later = try ForestRun(short.detector, start: 43_200).feed([30, 30])
        #expect(first.scores[1] == later.scores[1])
    }

    @Test func `readings that follow too soon are not learnt`() throws {
        var random = SplitMix64(seed: 7)
        let detector = detector {
            $0.window = 10
            $0.spacing = .seconds(180)
        }
        let run = ForestRun(detector, interval: 60)
        try run.feed(random.noise(27))
        #expect(detector.phase(slot: 0) == .warming(readingsToGo: 1))
        try run.feed(random.noise(1))
        #expect(detector.phase(slot: 0) == .active)
    }

    @Test func `a series that never moved is never anomalous`() throws {
        let run = ForestRun(detector())
        try run.feed(Array(repeating: 7, count: 512))
        let found = try run.feed([7, 7, 1_000])
        #expect(found.anomalies.isEmpty)
        #expect(found.scores.allSatisfy { $0 == 0 })
    }

    @Test func `a new window takes the place of the old one when that is wanted`() throws {
        var random = SplitMix64(seed: 8)
        let detector = detector {
            $0.window = 100
            $0.retrainAfter = 50
            $0.learnAfter = 1_000
        }
        let run = ForestRun(detector)
        try run.feed(random.noise(100))
        #expect(try run.feed(jumps(150)).anomalies.count == 150)
        #expect(try run.feed(jumps(50)).anomalies.count <= 5)
    }

    @Test func `a batch grows few forests, the others follow`() throws {
        var random = SplitMix64(seed: 9)
        let detector = detector {
            $0.window = 50
            $0.growthsPerBatch = 2
            $0.contamination = .share(0.1)
        }
        let run = SeriesRun(detector)
        let names = ["a", "b", "c", "d", "e"]
        try run.feed(names.flatMap { name in random.noise(50).map { (name, $0) } })
        #expect(
            (0..<5).map(detector.phase) == [.active, .active] + Array(repeating: .warming(readingsToGo: 1), count: 3))
        for judged in [4, 5] {
            let found = try run.feed(names.flatMap { [($0, 90), ($0, -90)] }, learning: .scoreOnly)
            #expect(Set(found.anomalies.map { $0.row / 2 }).count == judged)
        }
    }

    private func jumps(_ count: Int) -> [Double] { (0..<count).map { $0 % 2 == 0 ? 60 : -60 } }

    private func average(_ scores: [Float]) -> Float { scores.reduce(0, +) / Float(scores.count) }
}
