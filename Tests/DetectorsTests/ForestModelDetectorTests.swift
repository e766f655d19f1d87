import Detectors
import Model
import Plugins
import Testing

struct ForestModelDetectorTests {
    @Test func `a model from a file judges a series as scikit-learn does`() throws {
        let rows = try ForestFixture.rows("readings.csv")
        let forest = try ForestFixture.forest("model")
        let detector = try IsolationForestDetector(model: forest)
        let run = ForestRun(detector, interval: 420, start: Int64(rows[0][0]) / 1_000_000)
        #expect(detector.phase(slot: 0) == .active)
        let found = try run.feed(rows.map { $0[1] })
        let odd = rows.indices.filter { rows[$0][2] < forest.offset }
        #expect(found.anomalies.map { Int($0.row) } == odd)
        #expect(odd.count >= 2)
        for anomaly in found.anomalies {
            #expect(abs(anomaly.score + rows[Int(anomaly.row)][2]) <= 1e-9)
            #expect(anomaly.threshold == -forest.offset)
            #expect(found.scores[Int(anomaly.row)] == 1)
        }
    }

    @Test func `its anomalies say what the model expects`() throws {
        let run = ForestRun(try IsolationForestDetector(model: try ForestFixture.forest("model")))
        let anomaly = try #require(try run.feed([20, 90]).anomalies.last)
        #expect(anomaly.why.hasPrefix("90 at 00:00 UTC (change 70) is isolated after "))
        #expect(anomaly.why.contains(" splits on average; the model expects 7.472 (score 0."))
        #expect((15.0...18).contains(anomaly.expectedLow))
        #expect((22.0...40).contains(anomaly.expectedHigh))
    }

    @Test func `nothing is learnt, so a model alarms for as long as readings are odd`() throws {
        let detector = try IsolationForestDetector(model: try ForestFixture.forest("model"))
        let run = ForestRun(detector)
        let jumps = (0..<100).map { $0 % 2 == 0 ? 90.0 : -90 }
        #expect(try run.feed(jumps).anomalies.count >= 99)
        #expect(detector.phase(slot: 0) == .active)
        #expect(detector.exportState(slot: 0).count == 30)
    }

    @Test func `the change across a restart is not lost`() throws {
        let forest = try ForestFixture.forest("model")
        let first = try IsolationForestDetector(model: forest)
        try ForestRun(first).feed([20])
        let second = try IsolationForestDetector(model: forest)
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        let anomaly = try #require(try ForestRun(second).feed([90]).anomalies.first)
        #expect(anomaly.why.contains("(change 70)"))
    }

    @Test func `features may be fewer and in another order`() throws {
        let detector = try IsolationForestDetector(model: try ForestFixture.forest("subset"))
        let found = try ForestRun(detector).feed([5, 5, 5])
        #expect(found.scores.allSatisfy { (0...1).contains($0) })
    }

    @Test func `a feature that there is not is named`() {
        let forest = IsolationForest(points: [1, 2, 3], featureNames: ["humidity"])
        let error = #expect(throws: PluginError.self) { try IsolationForestDetector(model: forest) }
        #expect(
            error?.description == """
                plugin isolation-forest: the model wants the feature humidity; there are value, change, \
                time_of_day_sin, time_of_day_cos
                """)
    }
}
