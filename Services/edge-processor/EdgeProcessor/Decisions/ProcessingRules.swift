public import Model

/// What a gateway does to the readings of its devices, by sensor type.
public struct ProcessingRules: Sendable, Hashable {
    /// Values that are kept of each sensor type.
    public var bufferCapacity = 100
    /// By the sensor type's name.
    public var sensors: [ExactText: SensorRules] = [
        "accelerometer": SensorRules(smoothing: .lowPass(order: 3, cutoff: 0.1)),
        "gyroscope": SensorRules(smoothing: .lowPass(order: 3, cutoff: 0.1)),
        "temperature": SensorRules(smoothing: .meanOfLast5),
        "humidity": SensorRules(smoothing: .meanOfLast5),
    ]
    /// For all other sensor types.
    public var otherwise = SensorRules(smoothing: .medianOfLast3)

    /// Those of the system that Sluice replaces.
    public init() {}

    func rules(for sensor: ExactText) -> SensorRules {
        sensors[sensor] ?? otherwise
    }

    /// - Throws: What the first rule that cannot be followed asks for.
    public func check() throws(InvalidRules) {
        guard bufferCapacity >= SensorSeries.scored else {
            throw InvalidRules(
                sensor: nil,
                problem: "the anomaly score needs a buffer of \(SensorSeries.scored), not \(bufferCapacity)")
        }
        for (sensor, rules) in sensors.sorted(by: { $0.key.text < $1.key.text }) + [("*", otherwise)] {
            guard let problem = rules.problem(bufferCapacity: bufferCapacity) else { continue }
            throw InvalidRules(sensor: sensor.text, problem: problem)
        }
    }
}

/// What is done to the readings of one sensor type.
public struct SensorRules: Sendable, Hashable {
    /// The value that a rule of transmission compares, and so the one that its error bound is about.
    public enum Compared: String, Sendable, CaseIterable {
        case raw
        case processed
    }

    public var smoothing: Smoothing
    public var transmission: TransmissionRule
    public var compared: Compared
    /// The smallest standard deviation that the anomaly score divides by, in the unit of the readings.
    public var deviationFloor: Double

    public init(
        smoothing: Smoothing, transmission: TransmissionRule = .original(), compared: Compared = .raw,
        deviationFloor: Double = 0.001
    ) {
        self.smoothing = smoothing
        self.transmission = transmission
        self.compared = compared
        self.deviationFloor = deviationFloor
    }

    func problem(bufferCapacity: Int) -> String? {
        guard deviationFloor > 0, deviationFloor.isFinite else {
            return "the deviation floor is \(deviationFloor); it is above 0"
        }
        return smoothing.problem(bufferCapacity: bufferCapacity) ?? transmission.problem
    }
}

/// Rules that cannot be followed. Not worth a retry before somebody edits them.
public struct InvalidRules: Error, Hashable, CustomStringConvertible {
    /// The sensor type that the rule is for, `*` for all others; nil for what they have in common.
    public var sensor: String?
    /// A sentence: what was found, and what was expected.
    public var problem: String

    public init(sensor: String?, problem: String) {
        self.sensor = sensor
        self.problem = problem
    }

    public var description: String {
        (sensor.map { "rules for \($0): " } ?? "rules: ") + problem
    }
}
