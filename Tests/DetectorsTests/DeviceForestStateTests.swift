import Detectors
import Model
import Plugins
import Testing

struct DeviceForestStateTests {
    private func detector() -> DeviceForestDetector {
        var configuration = DeviceForestDetector.Configuration()
        configuration.forest.window = 60
        configuration.forest.retrainAfter = 40
        configuration.forest.contamination = .share(0.1)
        configuration.forest.growth.trees = 20
        return DeviceForestDetector(configuration)
    }

    @Test(arguments: [0, 1, 2, 3, 59, 119, 120, 121, 200, 300, 331, 339])
    func `a state that was exported goes on as if nothing had happened`(cut: Int) throws {
        var machine = Machine(seed: 11)
        let readings = machine.sweeps(150) + machine.sweep(heat: 900) + machine.sweeps(20)
        let whole = DeviceRun(detector())
        try whole.feed(Array(readings.prefix(cut)))
        let expected = try whole.feed(Array(readings.dropFirst(cut)))

        let first = DeviceRun(detector())
        try first.feed(Array(readings.prefix(cut)))
        let second = DeviceRun(detector())
        let slot = Int(second.slot(of: "d"))
        _ = first.slot(of: "d")
        try second.detector.importState(first.detector.exportState(slot: slot), slot: slot)
        let found = try second.feed(Array(readings.dropFirst(cut)))
        #expect(found.scores == expected.scores && found.anomalies == expected.anomalies)
        #expect(second.detector.exportState(slot: slot) == whole.detector.exportState(slot: slot))
        #expect(second.detector.phase(slot: slot) == whole.detector.phase(slot: slot))
    }

    @Test func `what was learnt already is scored and changes nothing`() throws {
        var machine = Machine(seed: 12)
        let run = DeviceRun(detector())
        try run.feed(machine.sweeps(70))
        let before = run.detector.exportState(slot: 0)
        let odd = (0..<20).flatMap { index in
            machine.sweep(heat: index % 2 == 0 ? 900 : -900, pressure: index % 2 == 0 ? -900 : 900)
        }
        let again = try run.feed(odd, learning: .scoreOnly)
        #expect(again.anomalies.count >= 19 && again.anomalies.allSatisfy { !$0.why.contains("anew") })
        #expect(run.detector.exportState(slot: 0) == before)
        let ignored = try run.feed(odd, learning: .ignore)
        #expect(ignored.anomalies.isEmpty && run.detector.exportState(slot: 0) == before)
        let unknown = [DeviceRun.Reading(sensor: "new", time: 0, value: 1)]
        #expect(try run.feed(unknown, learning: .scoreOnly).scores == [0])
        #expect(run.detector.exportState(slot: 0) == before)
    }

    @Test func `what is no number is neither judged nor kept`() throws {
        var machine = Machine(seed: 13)
        let run = DeviceRun(detector())
        try run.feed(machine.sweeps(70))
        let before = run.detector.exportState(slot: 0)
        let readings = [Double.nan, .infinity, -.infinity].map {
            DeviceRun.Reading(sensor: "heat", time: 1 << 40, value: $0)
        }
        #expect(try run.feed(readings).scores == [0, 0, 0])
        #expect(run.detector.exportState(slot: 0) == before)
        #expect(try run.feed(machine.sweep(heat: 1e308, pressure: -1e308)).anomalies.count == 1)
        let second = detector()
        second.reserveSlots(1)
        try second.importState(run.detector.exportState(slot: 0), slot: 0)
    }

    @Test func `times at both ends of what there is are no trouble`() throws {
        let run = DeviceRun(detector())
        for time in [Int64.min, .max, 0, .min, .max] {
            try run.feed([DeviceRun.Reading(sensor: "heat", time: time, value: 1)])
        }
        #expect(run.detector.phase(slot: 0) == .warming(readingsToGo: 55))
    }

    @Test(arguments: [[], [1], [9] + Array(repeating: 0, count: 60), [1] + Array(repeating: 255, count: 90)])
    func `a state that it cannot read is refused and the slot starts anew`(blob: [UInt8]) throws {
        var machine = Machine(seed: 14)
        let run = DeviceRun(detector())
        try run.feed(machine.sweeps(3))
        let error = #expect(throws: PluginError.self) { try run.detector.importState(blob, slot: 0) }
        #expect(error?.what == "cannot read a state of \(blob.count) bytes: it is not of this version")
        #expect(run.detector.phase(slot: 0) == .warming(readingsToGo: 60))
    }

    @Test func `a state of any bytes never traps`() throws {
        var random = SplitMix64(seed: 15)
        var machine = Machine(seed: 15)
        let run = DeviceRun(detector())
        try run.feed(machine.sweeps(130))
        let bytes = run.detector.exportState(slot: 0)
        var accepted = 0
        for _ in 0..<300 {
            let other = DeviceRun(detector())
            let slot = Int(other.slot(of: "d"))
            guard (try? other.detector.importState(random.damaged(bytes), slot: slot)) != nil else { continue }
            accepted += 1
            let found = try other.feed(machine.sweeps(3))
            #expect(found.scores.allSatisfy { (0...1).contains($0) })
        }
        #expect(accepted > 0 && accepted < 300)
    }

    @Test func `a model keeps what changed across a restart, and refuses the state of other sensors`() throws {
        let model = try ForestFixture.forest("device")
        let first = DeviceRun(try DeviceForestDetector(model: model))
        let sweep = ["temperature", "pressure", "flow", "door"].map {
            DeviceRun.Reading(sensor: $0, time: 0, value: 3)
        }
        try first.feed(sweep)
        let second = try DeviceForestDetector(model: model)
        second.reserveSlots(1)
        try second.importState(first.detector.exportState(slot: 0), slot: 0)
        #expect(second.exportState(slot: 0) == first.detector.exportState(slot: 0))
        var machine = Machine(seed: 16)
        let other = DeviceRun(detector())
        try other.feed(machine.sweeps(3))
        let error = #expect(throws: PluginError.self) {
            try second.importState(other.detector.exportState(slot: 0), slot: 0)
        }
        #expect(error?.what == "the state is of other sensors than the model")
    }
}
