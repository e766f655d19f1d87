import Detectors
import Model
import Plugins
import Testing

struct ForestStateTests {
    private func detector() -> IsolationForestDetector {
        var configuration = IsolationForestDetector.Configuration()
        configuration.window = 60
        configuration.retrainAfter = 40
        configuration.contamination = .share(0.1)
        configuration.growth.trees = 20
        return IsolationForestDetector(configuration)
    }

    @Test(arguments: [0, 1, 30, 59, 60, 61, 110, 150, 160, 161, 170])
    func `a state that was exported goes on as if nothing had happened`(cut: Int) throws {
        var random = SplitMix64(seed: 11)
        let values = random.noise(165) + [70, 71] + random.noise(40) + Array(repeating: 40, count: 40)
        let whole = detector()
        let run = ForestRun(whole)
        try run.feed(Array(values.prefix(cut)))
        let expected = try run.feed(Array(values.dropFirst(cut)))

        let first = detector()
        try ForestRun(first).feed(Array(values.prefix(cut)))
        let second = detector()
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        let found = try ForestRun(second, start: Int64(cut)).feed(Array(values.dropFirst(cut)))
        #expect(found.scores == expected.scores)
        #expect(found.anomalies == expected.anomalies)
        #expect(second.exportState(slot: 0) == whole.exportState(slot: 0))
        #expect(second.phase(slot: 0) == whole.phase(slot: 0))
    }

    @Test func `a restart within many anomalies does not begin to count anew`() throws {
        var random = SplitMix64(seed: 16)
        let first = detector()
        try ForestRun(first).feed(random.noise(60) + jumps(20))
        let second = detector()
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        #expect(try ForestRun(second).feed(jumps(20)).anomalies.count == 10)
        #expect(second.phase(slot: 0) == .warming(readingsToGo: 50))
    }

    @Test func `after a restart it is warming until its forest is grown`() throws {
        var random = SplitMix64(seed: 18)
        let first = detector()
        try ForestRun(first).feed(random.noise(60))
        #expect(first.phase(slot: 0) == .active)
        let second = detector()
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        #expect(second.phase(slot: 0) == .warming(readingsToGo: 1))
        try ForestRun(second).feed(random.noise(1))
        #expect(second.phase(slot: 0) == .active)
    }

    @Test func `forests of states that were taken back are grown one by one, without a reading`() throws {
        var random = SplitMix64(seed: 19)
        let first = detector()
        try ForestRun(first).feed(random.noise(60))
        let (full, second) = (first.exportState(slot: 0), detector())
        second.reserveSlots(5)
        #expect(!second.catchUp())
        for slot in 0..<4 { try second.importState(full, slot: slot) }
        second.reset(slot: 1)
        try second.importState(second.exportState(slot: 4), slot: 4)
        func active() -> [Int] { (0..<5).filter { second.phase(slot: $0) == .active } }
        #expect(second.catchUp() && active() == [0])
        #expect(second.catchUp() && active() == [0, 2])
        #expect(!second.catchUp() && active() == [0, 2, 3])
        #expect(!second.catchUp() && active() == [0, 2, 3])
    }

    @Test func `what is no number is neither judged nor kept`() throws {
        var random = SplitMix64(seed: 17)
        let detector = detector()
        let run = ForestRun(detector)
        try run.feed(random.noise(70))
        let before = detector.exportState(slot: 0)
        #expect(try run.feed([.nan, .infinity, -.infinity]).scores == [0, 0, 0])
        #expect(detector.exportState(slot: 0) == before)
        #expect(try run.feed([1e308, -1e308]).anomalies.count == 2)
    }

    @Test func `what was learnt already is scored and changes nothing`() throws {
        var random = SplitMix64(seed: 12)
        for count in [30, 60, 120] {
            let detector = detector()
            let run = ForestRun(detector)
            try run.feed(random.noise(count))
            let before = detector.exportState(slot: 0)
            let again = try run.feed(jumps(50), learning: .scoreOnly)
            #expect(count < 60 ? again.anomalies.isEmpty : again.anomalies.count >= 49)
            #expect(detector.exportState(slot: 0) == before)
        }
    }

    @Test func `a series that is another detector's is left alone`() throws {
        var random = SplitMix64(seed: 13)
        let detector = detector()
        let run = ForestRun(detector)
        try run.feed(random.noise(60))
        let before = detector.exportState(slot: 0)
        let found = try run.feed([90], learning: .ignore)
        #expect(found.anomalies.isEmpty && found.scores == [0])
        #expect(detector.exportState(slot: 0) == before)
    }

    @Test func `a full state of the usual window is 6 kB`() throws {
        var random = SplitMix64(seed: 14)
        let detector = IsolationForestDetector()
        try ForestRun(detector).feed(random.noise(600))
        #expect(detector.exportState(slot: 0).count == 30 + 512 * 12)
    }

    @Test(arguments: [[], [1], [9] + Array(repeating: 0, count: 29), [1] + Array(repeating: 255, count: 29)])
    func `a state that it cannot read is refused and the slot starts anew`(blob: [UInt8]) throws {
        let detector = detector()
        try ForestRun(detector).feed([1, 2, 3])
        let error = #expect(throws: PluginError.self) { try detector.importState(blob, slot: 0) }
        #expect(error?.plugin == "isolation-forest")
        #expect(error?.what == "cannot read a state of \(blob.count) bytes: it is not of this version")
        #expect(detector.phase(slot: 0) == .warming(readingsToGo: 60))
    }

    @Test func `a state of any bytes never traps`() throws {
        var random = SplitMix64(seed: 15)
        let detector = detector()
        try ForestRun(detector).feed(random.noise(130))
        let bytes = detector.exportState(slot: 0)
        var accepted = 0
        for _ in 0..<300 {
            let other = self.detector()
            let run = ForestRun(other)
            guard (try? other.importState(random.damaged(bytes), slot: 0)) != nil else { continue }
            accepted += 1
            let found = try run.feed(random.noise(3))
            #expect(found.scores.allSatisfy { (0...1).contains($0) })
        }
        #expect(accepted > 0 && accepted < 300)
    }

    private func jumps(_ count: Int) -> [Double] { (0..<count).map { $0 % 2 == 0 ? 90 : -90 } }
}
