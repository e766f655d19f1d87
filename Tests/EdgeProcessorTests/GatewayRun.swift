import Model

@testable import EdgeProcessor

/// Feeds one device and keeps what was sent.
struct GatewayRun {
    var processor: DeviceProcessor
    var sent: [ProcessedReading] = []
    private var sensors: Set<String> = []

    init(_ rules: ProcessingRules = ProcessingRules()) throws {
        processor = try DeviceProcessor(device: "press-7", rules: rules)
    }

    /// All sensor types under one rule.
    init(_ rule: TransmissionRule) throws {
        var rules = ProcessingRules()
        rules.sensors = [:]
        rules.otherwise = SensorRules(smoothing: .none, transmission: rule)
        try self.init(rules)
    }

    @discardableResult
    mutating func feed(_ value: Double, of sensor: String = "level", at timestamp: Timestamp) throws -> Outcome {
        sensors.insert(sensor)
        let outcome = try processor.process(value, of: sensor, at: timestamp)
        outcome.forEachToSend { sent.append($0) }
        return outcome
    }

    @discardableResult
    mutating func feed(_ value: Double, of sensor: String = "level", second: Int64) throws -> Outcome {
        try feed(value, of: sensor, at: Timestamp(seconds: second))
    }

    /// What is held of any sensor type, by time.
    mutating func flush() {
        let held = sensors.compactMap { processor.flush(ExactText($0)) }
        sent += held.sorted { $0.timestamp < $1.timestamp }
    }

    /// Why each reading was sent, by its number.
    var reasons: [UInt64: SendReason] {
        Dictionary(uniqueKeysWithValues: sent.compactMap { reading in reading.reason.map { (reading.number, $0) } })
    }
}

extension ProcessedReading {
    var reason: SendReason? {
        guard case .send(let reason) = decision else { return nil }
        return reason
    }
}
