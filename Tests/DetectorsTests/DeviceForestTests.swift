import Detectors
import Model
import Plugins
import Testing

struct DeviceForestTests {
    private func detector(_ change: (inout DeviceForestDetector.Configuration) -> Void = { _ in })
        -> DeviceForestDetector
    {
        var configuration = DeviceForestDetector.Configuration()
        configuration.forest.window = 200
        change(&configuration)
        return DeviceForestDetector(configuration)
    }

    // MARK: scikit-learn

    private func fixture() throws -> (readings: [DeviceRun.Reading], scores: [Double], forest: IsolationForest) {
        let sensors = ["temperature", "pressure", "flow", "door"]
        let rows = try ForestFixture.rows("device.csv")
        let readings = rows.map { DeviceRun.Reading(sensor: sensors[Int($0[0])], time: Int64($0[1]), value: $0[2]) }
        return (readings, rows.map { $0[3] }, try ForestFixture.forest("device"))
    }

    @Test(arguments: [1, 7, 844])
    func `a model from a file judges a device's moments as scikit-learn does`(batchSize: Int) throws {
        let (readings, scores, forest) = try fixture()
        let run = DeviceRun(try DeviceForestDetector(model: forest))
        #expect(readings.count == 844 && run.detector.phase(slot: Int(run.slot(of: "d"))) == .active)
        var found: [Int: Anomaly] = [:]
        var shares: [Float] = []
        for start in stride(from: 0, to: readings.count, by: batchSize) {
            let findings = try run.feed(Array(readings[start..<min(start + batchSize, readings.count)]))
            for anomaly in findings.anomalies { found[start + Int(anomaly.row)] = anomaly }
            shares += findings.scores
        }
        let odd = scores.indices.filter { scores[$0] < forest.offset }
        #expect(odd.count >= 4 && found.keys.sorted() == odd)
        for (row, anomaly) in found {
            #expect(abs(anomaly.score + scores[row]) <= 1e-9 && anomaly.threshold == -forest.offset)
            #expect(shares[row] == 1)
        }
        // Where no moment is whole nothing is judged.
        #expect(scores.indices.allSatisfy { !scores[$0].isNaN || shares[$0] == 0 })
    }

    @Test func `every score is scikit-learn's, and not only those of anomalies`() throws {
        let (readings, scores, forest) = try fixture()
        var lowered = forest
        lowered.offset = 0
        let findings = try DeviceRun(try DeviceForestDetector(model: lowered)).feed(readings)
        let judged = scores.indices.filter { !scores[$0].isNaN }
        #expect(judged.count > 300 && findings.anomalies.map { Int($0.row) } == judged)
        for anomaly in findings.anomalies { #expect(abs(anomaly.score + scores[Int(anomaly.row)]) <= 1e-9) }
    }

    @Test func `a feature that no device has is named`() {
        let forest = IsolationForest(points: [1, 2, 3], featureNames: ["humidity"])
        let error = #expect(throws: PluginError.self) { try DeviceForestDetector(model: forest) }
        #expect(
            error?.what == """
                the model wants the feature humidity; of a device there are value:SENSOR, change:SENSOR, \
                time_of_day_sin, time_of_day_cos
                """)
        let none = IsolationForest(points: [1, 2, 3], featureNames: ["time_of_day_sin"])
        let other = #expect(throws: PluginError.self) { try DeviceForestDetector(model: none) }
        #expect(other?.what == "the model is over 0 sensors; 1 to 64 can be")
    }

    // MARK: Moments

    @Test func `what no sensor shows by itself is found, and the sentence says where`() throws {
        var machine = Machine(seed: 1)
        let detector = detector()
        let run = DeviceRun(detector)
        #expect(try run.feed(machine.sweeps(201)).anomalies.isEmpty)
        #expect(detector.phase(slot: 0) == .active)
        // Both values are usual; that they come together is not.
        let found = try run.feed(machine.sweep(heat: 60, pressure: 1) + machine.sweep(heat: 20, pressure: 5))
        #expect(found.anomalies.map(\.row) == [1, 3])
        #expect(found.scores[1] == 1 && found.scores[0] == 0)
        let anomaly = try #require(found.anomalies.first)
        #expect(anomaly.score > anomaly.threshold && anomaly.expectedLow <= anomaly.expectedHigh)
        let sentence =
            #/
            (heat\ 60|pressure\ 1)\ \(change\ -?[\d.]+\)\ beside\ (heat\ 60|pressure\ 1)\ at\ 00:33\ UTC,
            \ where\ .*\ is\ expected,\ is\ isolated\ after\ \d\.\d+\ splits\ on\ average;
            \ half\ of\ 200\ learnt\ moments\ of\ the\ device\ need\ more\ than\ \d+\.\d+
            \ \(score\ 0\.\d+,\ threshold\ 0\.\d+\)
            /#
        #expect(try sentence.wholeMatch(in: anomaly.why) != nil, "\(anomaly.why)")
    }

    @Test func `of sensors that speak together no mixture of old and new is judged`() throws {
        var machine = Machine(seed: 2)
        let run = DeviceRun(detector { $0.forest.contamination = .auto })
        try run.feed(machine.sweeps(260))
        let scores = try run.feed(machine.sweeps(50)).scores
        #expect(scores.indices.allSatisfy { $0 % 2 == 1 || scores[$0] == 0 })
        #expect(scores.contains { $0 > 0 })
    }

    @Test func `a sensor that falls silent is waited for once, and the others are judged on`() throws {
        var machine = Machine(seed: 3)
        let run = DeviceRun(detector { $0.forest.contamination = .share(0.5) })
        try run.feed(machine.sweeps(210))
        var silent = machine.sweeps(20).filter { $0.sensor == "heat" }
        silent[0].value = 900
        silent[1].value = -900
        let judged = try run.feed(silent).scores
        #expect(judged[0] == 0 && judged[1] == 1)
    }

    @Test func `a sensor that speaks seldom is not waited for`() throws {
        var machine = Machine(seed: 4)
        let run = DeviceRun(detector { $0.forest.contamination = .share(0.1) })
        let seldom = (0..<210).flatMap { index in
            machine.sweep().filter { $0.sensor == "heat" || index % 20 == 0 }
        }
        try run.feed(seldom)
        var last = machine.sweep().filter { $0.sensor == "heat" }
        last[0].value = 900
        #expect(try run.feed(last).anomalies.count == 1)
    }

    @Test func `a sensor that joins is learnt beside, and the forest that there is goes on`() throws {
        var machine = Machine(seed: 5)
        let detector = detector()
        let run = DeviceRun(detector)
        try run.feed(machine.sweeps(201))
        func withFlow(_ sweep: [DeviceRun.Reading]) -> [DeviceRun.Reading] {
            sweep + [DeviceRun.Reading(sensor: "flow", time: sweep[1].time + 200_000, value: 7)]
        }
        for _ in 0..<100 { try run.feed(withFlow(machine.sweep())) }
        #expect(detector.phase(slot: 0) == .active)
        let early = try run.feed(withFlow(machine.sweep(heat: 900, pressure: 1))).anomalies
        #expect(early.map(\.row) == [2] && early.first?.why.contains("200 learnt moments") == true)
        #expect(early.first?.why.contains("flow") == false)
        for _ in 0..<100 { try run.feed(withFlow(machine.sweep())) }
        let late = try run.feed(withFlow(machine.sweep(heat: 900, pressure: -900))).anomalies
        #expect(late.map(\.row) == [2] && late.first?.why.contains("flow 7 at ") == true, "\(late)")
    }

    @Test func `a sensor that has been silent for long counts as what goes with the others`() throws {
        var machine = Machine(seed: 6)
        let forget = DeviceRun(
            detector {
                $0.staleAfter = .seconds(60)
                $0.forest.contamination = .share(0.05)
            })
        let keep = DeviceRun(detector { $0.forest.contamination = .share(0.05) })
        let usual = machine.sweeps(213)
        // Pressure stays where it is highest, while heat falls.
        let silent = machine.sweeps(40).filter { $0.sensor == "heat" }
        for run in [forget, keep] { try run.feed(usual) }
        #expect(try keep.feed(silent).anomalies.count > 10)
        // Six moments until it is no longer known.
        #expect(try forget.feed(silent).anomalies.filter { $0.row > 6 }.count < 5)
    }

    @Test func `sensors that fall silent together count as what goes with the others and with each other`() throws {
        var machine = Machine(seed: 11)
        let run = DeviceRun(
            detector {
                $0.staleAfter = .seconds(60)
                $0.forest.contamination = .share(0.2)
            })
        let usual = (0..<213).flatMap { _ in
            let sweep = machine.sweep()
            return [sweep[0]]
                + (0..<4).map { index in
                    DeviceRun.Reading(
                        sensor: "s\(index)", time: sweep[1].time + Int64(index + 1) * 10_000,
                        value: sweep[1].value * Double(7 + index))
                }
        }
        try run.feed(usual)
        // The four stay where they are highest, while heat falls: looked at one by one each would go best with the other three.
        let silent = machine.sweeps(40).filter { $0.sensor == "heat" }
        let found = try run.feed(silent)
        #expect(found.anomalies.filter { $0.row > 6 }.count < 5)
        #expect(found.scores[7...].reduce(0, +) < 5)
    }

    @Test func `two devices never mix`() throws {
        var (first, second) = (Machine(device: "a", seed: 7), Machine(device: "b", seed: 8))
        let together = DeviceRun(detector())
        let (apart, other) = (DeviceRun(detector()), DeviceRun(detector()))
        for _ in 0..<250 {
            let (one, two) = (first.sweep(), second.sweep())
            try together.feed([one[0], two[0], two[1], one[1]])
            try apart.feed(one)
            try other.feed(two)
        }
        #expect(together.detector.exportState(slot: 0) == apart.detector.exportState(slot: 0))
        #expect(together.detector.exportState(slot: 1) == other.detector.exportState(slot: 0))
        together.detector.reset(slot: 0)
        #expect(together.detector.phase(slot: 0) == .warming(readingsToGo: 200))
        #expect(together.detector.phase(slot: 1) == .active)
    }

    @Test func `many anomalies end the forest, and sensors that are gone are not learnt again`() throws {
        var machine = Machine(seed: 9)
        let detector = detector {
            $0.staleAfter = .seconds(25)
            $0.forest.contamination = .share(0.1)
        }
        let run = DeviceRun(detector)
        try run.feed(machine.sweeps(201))
        let alone = machine.sweeps(150).filter { $0.sensor == "heat" }.enumerated().map { index, reading in
            var reading = reading
            if index > 10 { reading.value = index % 2 == 0 ? 900 : -900 }
            return reading
        }
        let found = try run.feed(alone).anomalies
        #expect((30..<45).contains(found.count))
        #expect(found.last?.why.hasSuffix("; after so many anomalies the device is learnt anew") == true)
        #expect(found.dropLast().allSatisfy { !$0.why.contains("anew") })
        guard case .warming = detector.phase(slot: 0) else { return #expect(Bool(false)) }
        let state = String(decoding: detector.exportState(slot: 0), as: UTF8.self)
        #expect(state.contains("heat") && !state.contains("pressure"))
    }

    @Test func `no more than 64 sensors of a device are learnt`() throws {
        let run = DeviceRun(detector())
        let many = (0..<70).map { DeviceRun.Reading(sensor: "s\($0)", time: 0, value: 1) }
        try run.feed(many)
        #expect(run.detector.exportState(slot: 0).first == 1 && run.detector.exportState(slot: 0)[1] == 64)
    }
}
