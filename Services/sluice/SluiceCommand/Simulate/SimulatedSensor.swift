import FoundationEssentials
import Glibc
import Model

/// One sensor of one device: a daily rhythm with noise, drift, and now and then a fault.
struct SimulatedSensor: Sendable {
    let topic: String
    let unit: String
    private let profile: SensorProfile
    private var random: SplitMix64
    private let offset: Double
    private let phase: Double
    private let driftPerSecond: Double
    private let start: Timestamp
    private var fault: Fault?

    /// What real sensors do besides measuring.
    private enum Fault {
        /// Repeats one value for some readings.
        case stuck(at: Double, remaining: Int)
        /// Reads too high by a growing amount for some readings.
        case offset(Double, remaining: Int)
    }

    /// One reading in so many begins a fault.
    static let readingsPerFault = 20_000

    init(device: String, profile: SensorProfile, start: Timestamp, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        topic = "sensors/\(device)/\(profile.sensorType)"
        unit = profile.unit
        self.profile = profile
        self.start = start
        offset = random.gaussian() * profile.noise * 5
        // Devices agree on noon to within an hour or so.
        phase = random.gaussian() * 0.2
        driftPerSecond = random.gaussian() * profile.driftPerDay / 86_400
        self.random = random
    }

    /// The next reading, rounded to thousandths as sensors do.
    mutating func measure(at time: Timestamp, anomalous: Bool) -> Double {
        let seconds = Double(time.microseconds) / 1e6
        let elapsed = Double(time.microseconds - start.microseconds) / 1e6
        let daily = profile.dailyAmplitude * sin(2 * .pi * seconds / 86_400 + phase)
        let noise = profile.noise * random.gaussian()
        let truth = profile.mean + offset + daily + driftPerSecond * elapsed + noise
        let measured = anomalous ? truth + profile.anomaly : faulty(truth)
        return (measured * 1000).rounded() / 1000
    }

    private mutating func faulty(_ value: Double) -> Double {
        switch fault {
        case .stuck(let stuck, let remaining):
            fault = remaining > 1 ? .stuck(at: stuck, remaining: remaining - 1) : nil
            return stuck
        case .offset(let error, let remaining):
            fault = remaining > 1 ? .offset(error + profile.noise, remaining: remaining - 1) : nil
            return value + error
        case nil:
            beginFaultByChance(value)
            return value
        }
    }

    private mutating func beginFaultByChance(_ value: Double) {
        guard Int.random(in: 0..<Self.readingsPerFault, using: &random) == 0 else { return }
        let length = Int.random(in: 20...100, using: &random)
        fault =
            Bool.random(using: &random)
            ? .stuck(at: value, remaining: length) : .offset(profile.noise, remaining: length)
    }
}
