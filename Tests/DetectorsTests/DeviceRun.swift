import Detectors
import Foundation
import Model
import Plugins

/// Feeds readings of devices to a detector of devices, each device in a slot of its own.
final class DeviceRun {
    struct Reading {
        var sensor: String
        /// Since 1970, in µs.
        var time: Int64
        var value: Double
        var device = "d"
    }

    let detector: any DeviceDetector
    private var slots: [String: Int32] = [:]
    private var sequence: UInt64 = 0

    init(_ detector: any DeviceDetector) {
        self.detector = detector
    }

    @discardableResult
    func feed(_ readings: [Reading], learning: DetectorInput.Learning = .learn) throws -> DetectorFindings {
        sequence += 1
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: sequence))
        var indices: [Series: UInt32] = [:]
        for (position, reading) in readings.enumerated() {
            let series = Series(
                device: reading.device, sensor: reading.sensor, unit: "", partition: Partition(rawValue: 0))
            let index = indices[series] ?? UInt32(batch.series.count)
            if indices.updateValue(index, forKey: series) == nil { batch.series.append(series) }
            batch.appendReading(
                seriesIndex: index, timestamp: reading.time, value: reading.value, receivedAt: 0,
                position: UInt32(position))
        }
        let slots = batch.series.map { slot(of: $0.device) }
        var findings = DetectorFindings(rows: batch.count)
        try detector.detect(
            DetectorInput(
                batch: batch, slots: slots, learning: slots.map { _ in learning }, now: Timestamp(microseconds: 0)),
            into: &findings)
        return findings
    }

    func slot(of device: String) -> Int32 {
        if let known = slots[device] { return known }
        let slot = Int32(slots.count)
        slots[device] = slot
        detector.reserveSlots(slots.count)
        return slot
    }
}

/// A machine: heat and pressure rise and fall together, each with some noise of its own.
struct Machine {
    private var device: String
    private var random: SplitMix64
    private var count = 0

    init(device: String = "d", seed: UInt64) {
        self.device = device
        random = SplitMix64(seed: seed)
    }

    mutating func sweeps(_ count: Int) -> [DeviceRun.Reading] { (0..<count).flatMap { _ in sweep() } }

    /// Every ten seconds, the one after the other: heat from 20 to 60 and pressure from 1 to 5, unless told otherwise.
    mutating func sweep(heat: Double? = nil, pressure: Double? = nil) -> [DeviceRun.Reading] {
        count += 1
        let time = Int64(count) * 10_000_000
        let load = 0.5 + 0.5 * sin(Double(count) / 15)
        let usual = (20 + 40 * load + random.noise() / 4, 1 + 4 * load + random.noise() / 20)
        return [
            DeviceRun.Reading(sensor: "heat", time: time, value: heat ?? usual.0, device: device),
            DeviceRun.Reading(sensor: "pressure", time: time + 200_000, value: pressure ?? usual.1, device: device),
        ]
    }
}
