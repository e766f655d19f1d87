import DetectorCatalog
import Detectors
import Foundation
import IOLoop
import Model
import Plugins
import Redis
import TestServers
import Testing

@testable import AnomalyDetector

/// A forest over all sensors of a device, in the service.
@IOThread
struct DeviceForestTests {
    private func detector() -> DeviceForestDetector {
        var configuration = DeviceForestDetector.Configuration()
        configuration.forest.window = 100
        configuration.forest.growth.trees = 50
        return DeviceForestDetector(configuration)
    }

    private func started(_ url: String, _ name: String = "anomaly-detector-1") async throws -> DetectorInstance {
        let detectors: [any Detector] = [detector(), MissingReadings(), RunningZScore()]
        let instance = try await DetectorInstance.started(url, instance: name, detectors: detectors)
        instance.leases.start()
        return instance
    }

    /// What one message of a machine says: heat and pressure rise and fall together, unless pressure is told.
    private func batch(_ sequence: UInt64, devices: [String] = ["oven"], pressure: Double? = nil) -> ReadingBatch {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "producer", sequence: sequence))
        for device in devices {
            let step = Int(sequence) + (device == "oven" ? 0 : 4)
            let load = 0.5 + 0.5 * sin(Double(step) / 15)
            let noise = Double((step &* 7_919) % 101) / 1_010
            for (sensor, value) in [
                ("heat", 20 + 40 * load + noise), ("pressure", pressure ?? 1 + 4 * load - noise / 10),
            ] {
                batch.series.append(
                    Series(
                        device: device, sensor: sensor, unit: "", partition: Partition(device: device, of: .standard)))
                batch.appendReading(
                    seriesIndex: UInt32(batch.series.count - 1), timestamp: Int64(sequence) * 10_000_000, value: value,
                    receivedAt: Int64(sequence) * 10_000_000, position: UInt32(batch.count))
            }
        }
        return batch
    }

    @discardableResult
    private func feed(_ instance: DetectorInstance, _ sequences: ClosedRange<UInt64>, devices: [String] = ["oven"])
        async -> [Anomaly]
    {
        var found: [Anomaly] = []
        for sequence in sequences {
            found += await instance.step.detect(in: batch(sequence, devices: devices)).anomalies
        }
        return found.filter { $0.detector == "isolation-forest" }
    }

    private func odd(_ instance: DetectorInstance, _ sequence: UInt64) async -> [Anomaly] {
        // Under load by its heat, without by its pressure.
        await instance.step.detect(in: batch(sequence, pressure: 1)).anomalies.filter {
            $0.detector == "isolation-forest"
        }
    }

    private func state(_ instance: DetectorInstance, _ device: String = "oven") throws -> [UInt8] {
        let slot = try #require(instance.memory.slot(of: SensorName(device: device, sensor: "")))
        return instance.memory.chain.exportStates(Int(slot))[0].state
    }

    @Test func `another instance takes over what was learnt of a device, and learns nothing twice`() async throws {
        try await withRedis { url in
            let (first, second) = (try await started(url), try await started(url, "anomaly-detector-2"))
            await feed(first, 1...100)
            #expect(first.memory.phases()["isolation-forest"] == ["active": 1])
            let learnt = try state(first)
            // The last batch comes to the other one, too.
            await feed(second, 100...100)
            #expect(first.memory.slot(of: SensorName(device: "oven", sensor: "")) == nil)
            #expect(try state(second) == learnt)
            await feed(second, 101...104)
            let found = await odd(second, 118)
            #expect(found.count == 1 && found.first?.why.contains("100 learnt moments of the device") == true)
            // Nor does the first one lose what the second learnt.
            let later = try state(second)
            await feed(first, 104...104)
            #expect(try state(first) == later)
        }
    }

    @Test func `after a crash what was found of a device is said again, word for word`() async throws {
        try await withRedis { url in
            let first = try await started(url)
            await feed(first, 1...104)
            let found = await odd(first, 118)
            #expect(found.count == 1)
            // As before the batch is acknowledged.
            await first.checkpoints.checkpoint()
            let learnt = try state(first)
            let second = try await started(url)
            #expect(await odd(second, 118) == found)
            #expect(try state(second) == learnt)
        }
    }

    @Test func `after a restart forests are grown without waiting for readings of each`() async throws {
        try await withRedis { url in
            var configuration = DeviceForestDetector.Configuration()
            configuration.forest.window = 10
            configuration.forest.growthsPerBatch = 1
            let devices = (0..<20).map { "press-\($0)" }
            let first = try await DetectorInstance.started(url, detectors: [DeviceForestDetector(configuration)])
            await feed(first, 1...40, devices: devices)
            #expect(first.memory.phases()["isolation-forest"] == ["active": 20])
            await first.checkpoints.checkpoint()
            let second = try await DetectorInstance.started(url, detectors: [DeviceForestDetector(configuration)])
            await feed(second, 41...41, devices: devices)
            try await eventually { second.memory.phases()["isolation-forest"] == ["active": 20] }
        }
    }

    @Test
    func `after a restart the first batch is judged as if there had been none, however many forests are to be grown`()
        async throws
    {
        try await withRedis { url in
            var configuration = DeviceForestDetector.Configuration()
            configuration.forest.window = 10
            configuration.forest.growthsPerBatch = 1
            let devices = (0..<20).map { "press-\($0)" }
            let first = try await DetectorInstance.started(url, detectors: [DeviceForestDetector(configuration)])
            await feed(first, 1...40, devices: devices)
            #expect(first.memory.phases()["isolation-forest"] == ["active": 20])
            await first.checkpoints.checkpoint()
            let second = try await DetectorInstance.started(url, detectors: [DeviceForestDetector(configuration)])
            let odd = batch(41, devices: devices, pressure: 90)
            // In this order: what the undisturbed one finds it saves, and then nothing is judged again.
            let (judged, undisturbed) = (await second.step.detect(in: odd), await first.step.detect(in: odd))
            #expect(judged.anomalyScore == undisturbed.anomalyScore && judged.anomalies == undisturbed.anomalies)
            #expect(judged.anomalyScore.filter { $0 > 0 }.count == 20)
        }
    }

    @Test func `two devices in one batch have a state each`() async throws {
        let alone = try await withRedis { url in
            let instance = try await started(url)
            await feed(instance, 1...30)
            return try state(instance)
        }
        try await withRedis { url in
            let instance = try await started(url)
            await feed(instance, 1...30, devices: ["oven", "pump"])
            #expect(try state(instance) == alone)
            #expect(try state(instance, "pump") != alone)
            #expect(instance.memory.phases()["isolation-forest"] == ["warming": 2])
            #expect(instance.memory.count == 6)
        }
    }

    @Test func `a device that is silent and saved is forgotten with its series, and loaded when it speaks again`()
        async throws
    {
        try await withRedis { url in
            let instance = try await DetectorInstance.started(url, detectors: [detector()])
            await feed(instance, 1...50)
            let learnt = try state(instance)
            instance.memory.forget(idle: .zero)
            #expect(instance.memory.count == 3, "it is not saved yet")
            await instance.checkpoints.checkpoint()
            instance.memory.forget(idle: .zero)
            #expect(instance.memory.count == 0)
            let key = "sluice:anomaly-detector:device:oven"
            #expect(try await instance.store.connection.send("HEXISTS", key, "state").integer == 1)
            await feed(instance, 50...50)
            #expect(try state(instance) == learnt)
        }
    }
}
