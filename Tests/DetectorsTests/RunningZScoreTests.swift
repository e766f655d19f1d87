import Detectors
import Model
import Plugins
import Testing

struct RunningZScoreTests {
    private let level = (0..<30).map { 20 + Double($0 % 3) * 0.1 }

    @Test func `it agrees with NumPy on every reading`() throws {
        let fixture = try ZScoreFixture()
        let run = SeriesRun(RunningZScore())
        let outcome = try run.feed(fixture.readings)
        let found = Dictionary(uniqueKeysWithValues: outcome.anomalies.map { (Int($0.row), $0) })
        for (row, expected) in fixture.expected.enumerated() {
            let anomaly = found[row]
            #expect((anomaly != nil) == expected.isAnomalous, "row \(row)")
            #expect(isClose(Double(outcome.scores[row]), min(expected.z / 3, 1), 1e-6), "row \(row)")
            guard let anomaly else { continue }
            #expect(isClose(anomaly.score, expected.z, 1e-9), "row \(row)")
            #expect(isClose(anomaly.expectedLow, expected.low, 1e-9), "row \(row)")
            #expect(isClose(anomaly.expectedHigh, expected.high, 1e-9), "row \(row)")
        }
    }

    @Test func `warming readings never alarm`() throws {
        let detector = RunningZScore()
        let run = SeriesRun(detector)
        #expect(try run.feed([0, 1e9, -1e9, 5]).anomalies.isEmpty)
        #expect(detector.phase(slot: 0) == .warming(readingsToGo: 26))
        try run.feed(Array(repeating: 1, count: 26))
        #expect(detector.phase(slot: 0) == .active)
    }

    @Test func `an anomaly says what was expected, and is not learnt`() throws {
        let detector = RunningZScore()
        let run = SeriesRun(detector)
        try run.feed(level)
        let before = detector.summary(slot: 0)
        let anomaly = try #require(try run.feed([35]).anomalies.first)
        #expect(anomaly.detector == "running-zscore")
        #expect(anomaly.threshold == 3)
        #expect(abs(anomaly.score - 149) < 0.01)
        #expect(abs(anomaly.expectedLow - 19.937) < 0.001)
        #expect(abs(anomaly.expectedHigh - 20.263) < 0.001)
        #expect(
            anomaly.why
                == "35 is 149 standard deviations from the mean 20.1 of 30 readings (std 0.08165, threshold 3)")
        #expect(detector.summary(slot: 0) == before)
        #expect(detector.phase(slot: 0) == .frozen(anomalies: 1))
        try run.feed([20.1])
        #expect(detector.phase(slot: 0) == .active)
    }

    @Test func `a step change alarms a bounded number of times and is then the level`() throws {
        let detector = RunningZScore()
        let run = SeriesRun(detector)
        try run.feed(level)
        let step = try run.feed((0..<100).map { 50 + Double($0 % 2) })
        #expect(step.anomalies.count == 30)
        #expect(step.anomalies.last?.why.hasSuffix("the 30 anomalies in a row are taken for the new level") == true)
        #expect(abs((detector.summary(slot: 0)?.mean ?? 0) - 50.5) < 0.01)
        #expect(try run.feed([20]).anomalies.count == 1)
    }

    @Test func `a normal reading within a run of anomalies starts the run anew`() throws {
        let run = SeriesRun(RunningZScore())
        try run.feed(level)
        let spike = Array(repeating: 90.0, count: 29)
        #expect(try run.feed(spike + [20.1] + spike + [20.1]).anomalies.count == 58)
        #expect(try run.feed([90.0]).anomalies.count == 1)
    }

    @Test func `what was learnt already is scored and changes nothing`() throws {
        let detector = RunningZScore()
        let run = SeriesRun(detector)
        try run.feed(level)
        let before = detector.exportState(slot: 0)
        let again = try run.feed([20.1, 35], learning: .scoreOnly)
        #expect(again.anomalies.map(\.row) == [1])
        #expect(detector.exportState(slot: 0) == before)
    }

    @Test func `a state that was exported goes on as if nothing had happened`() throws {
        let values = level + [35, 20.15, 36, 36, 20.05, 20.3, 19.8, 40]
        let whole = RunningZScore()
        try SeriesRun(whole).feed(values)

        let first = RunningZScore()
        try SeriesRun(first).feed(Array(values.prefix(33)))
        let second = RunningZScore()
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        try SeriesRun(second).feed(Array(values.dropFirst(33)))
        #expect(second.exportState(slot: 0) == whole.exportState(slot: 0))
    }

    @Test(arguments: [[], [1], [9] + Array(repeating: 0, count: 48), [1] + Array(repeating: 255, count: 48)])
    func `a state that it cannot read is refused and the slot starts anew`(blob: [UInt8]) throws {
        let detector = RunningZScore()
        try SeriesRun(detector).feed([1, 2, 3])
        let error = #expect(throws: PluginError.self) { try detector.importState(blob, slot: 0) }
        #expect(error?.plugin == "running-zscore")
        #expect(detector.summary(slot: 0)?.count == 0)
    }

    @Test func `series do not touch each other`() throws {
        let detector = RunningZScore()
        let run = SeriesRun(detector)
        try run.feed(level.flatMap { [("a", $0), ("b", $0 + 1_000)] })
        #expect(try run.feed([("a", 20.1), ("b", 1_020.1)]).anomalies.isEmpty)
        #expect(try run.feed([("a", 1_020.1), ("b", 20.1)]).anomalies.count == 2)
        detector.reset(slot: 0)
        #expect(detector.summary(slot: 0)?.count == 0)
        #expect(detector.summary(slot: 1)?.count == 31)
    }

    private func isClose(_ left: Double, _ right: Double, _ tolerance: Double) -> Bool {
        abs(left - right) <= tolerance * max(1, abs(left), abs(right))
    }
}
