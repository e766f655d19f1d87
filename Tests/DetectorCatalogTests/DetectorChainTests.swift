import Detectors
import Model
import Plugins
import Testing

@testable import DetectorCatalog

struct DetectorChainTests {
    private static func limit(_ name: String, above: Double) -> LevelThreshold {
        var configuration = LevelThreshold.Configuration()
        configuration.above = above
        return LevelThreshold(name: name, configuration)
    }

    private static func scope(sensors: [String] = [], devices: [String] = []) -> SeriesScope {
        var scope = SeriesScope()
        scope.sensors = sensors
        scope.devices = devices
        return scope
    }

    /// Series in slots 0, 1, 2; one reading of 50 each.
    private func found(by chain: DetectorChain, _ series: [(device: String, sensor: String)]) -> [String] {
        chain.reserveSlots(series.count)
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        for (slot, name) in series.enumerated() {
            chain.assign(slot, device: name.device, sensor: name.sensor)
            batch.series.append(
                Series(device: name.device, sensor: name.sensor, unit: "", partition: Partition(rawValue: 0)))
            batch.appendReading(
                seriesIndex: UInt32(slot), timestamp: 0, value: 50, receivedAt: 0, position: UInt32(slot))
        }
        let input = DetectorInput(
            batch: batch, slots: series.indices.map(Int32.init), learning: series.map { _ in .learn },
            now: Timestamp(microseconds: 0))
        let findings = chain.detect(input) { Issue.record("\($0)") }
        return findings.anomalies.map { "\($0.detector) \($0.row)" }.sorted()
    }

    @Test func `each detector sees its own sensors and devices, several at once on a series`() {
        let chain = DetectorChain([
            .init(Self.limit("all", above: 10)),
            .init(Self.limit("heat", above: 10), for: Self.scope(sensors: ["temp*", "heat"])),
            .init(Self.limit("boilers", above: 10), for: Self.scope(sensors: ["*"], devices: ["boiler-[0-9]"])),
            .init(Self.limit("nobody", above: 10), for: Self.scope(devices: ["x"])),
        ])
        let series = [("boiler-1", "temperature"), ("boiler-10", "temperature"), ("boiler-2", "pressure")]
        #expect(
            found(by: chain, series) == [
                "all 0", "all 1", "all 2", "boilers 0", "boilers 2", "heat 0", "heat 1",
            ])
    }

    @Test func `a slot that is given to another series is watched anew`() {
        let chain = DetectorChain([.init(Self.limit("heat", above: 10), for: Self.scope(sensors: ["temperature"]))])
        #expect(found(by: chain, [("a", "temperature")]) == ["heat 0"])
        chain.reset(0)
        #expect(found(by: chain, [("a", "humidity")]) == [])
    }

    @Test func `states go by name, and a detector without one begins anew`() {
        let chain = DetectorChain([.init(RunningZScore()), .init(StreamStatistics())])
        _ = found(by: chain, [("a", "s")])
        let states = chain.exportStates(0)
        #expect(states.map(\.detector) == ["running-zscore", "statistics"])
        #expect(chain.importStates([states[1], ("gone", [1])], 0).isEmpty)
        #expect(chain.members[0].detector.summary(slot: 0)?.count == 0)
        #expect(chain.members[1].detector.summary(slot: 0)?.count == 1)
        #expect(chain.summary(0)?.count == 0)
        let refusals = chain.importStates([("statistics", [9])], 0)
        #expect(refusals.count == 1 && "\(refusals[0])".contains("statistics"))
    }

    @Test func `the statistics are those of every reading, whoever else watches`() {
        let chain = DetectorChain([.init(TailSum()), .init(StreamStatistics())])
        _ = found(by: chain, [("a", "s")])
        #expect(chain.summary(0) == SeriesSummary(mean: 50, standardDeviation: 0, count: 1))
    }

    /// Says of each reading which slot it went to, and what was to become of it.
    private final class DeviceLog: DeviceDetector {
        let name = "log"
        var heard: [String] = []
        func reserveSlots(_ count: Int) {}
        func reset(slot: Int) {}
        func detect(_ input: DetectorInput, into findings: inout DetectorFindings) {
            for row in 0..<input.batch.count {
                let sensor = input.batch.series(ofRow: row).sensor
                heard.append("\(sensor) \(input.slot(ofRow: row)) \(input.learning(atRow: row))")
            }
        }
        func exportState(slot: Int) -> [UInt8] { [UInt8(slot)] }
        func importState(_ state: [UInt8], slot: Int) throws {}
        func summary(slot: Int) -> SeriesSummary? { nil }
        func phase(slot: Int) -> DetectorPhase { .active }
    }

    @Test func `who judges devices has a state of the device, and hears the series in its scope`() {
        let log = DeviceLog()
        let chain = DetectorChain([
            .init(Self.limit("each", above: 10)), .init(log, for: Self.scope(sensors: ["temp*"], devices: ["oven"])),
        ])
        #expect(chain.judgesDevices && chain.watchesDevices && !chain.watchesSilences)
        #expect(chain.judgesDevices("log") && !chain.judgesDevices("each"))
        chain.reserveSlots(4)
        for (slot, sensor) in ["temperature", "humidity"].enumerated() {
            chain.assign(slot, device: "oven", sensor: sensor)
            #expect(chain.exportStates(slot).map(\.detector) == ["each"])
        }
        chain.assign(2, wholeDevice: "oven")
        chain.assign(3, wholeDevice: "pump")
        #expect(chain.exportStates(2).map(\.detector) == ["log"] && chain.exportStates(3).isEmpty)

        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        for (index, sensor) in ["temperature", "humidity"].enumerated() {
            batch.series.append(
                Series(device: "oven", sensor: sensor, unit: "", partition: Partition(rawValue: 0)))
            batch.appendReading(seriesIndex: UInt32(index), timestamp: 0, value: 50, receivedAt: 0, position: 0)
        }
        let input = DetectorInput(
            batch: batch, slots: [0, 1], learning: [.learn, .learn], now: Timestamp(microseconds: 0))
        let devices = DetectorInput(
            batch: batch, slots: [2, 2], learning: [.scoreOnly, .scoreOnly], now: Timestamp(microseconds: 0))
        let findings = chain.detect(input, ofDevices: devices) { Issue.record("\($0)") }
        #expect(log.heard == ["temperature 2 scoreOnly", "humidity 2 ignore"])
        #expect(findings.anomalies.map(\.detector) == ["each", "each"])
    }
}
