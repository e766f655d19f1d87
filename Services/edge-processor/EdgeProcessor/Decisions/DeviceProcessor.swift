public import Model

/// Filters, scores and decides on the readings of one device, in the order in which they come.
///
/// What it remembers is bounded for each sensor type. After the first reading of a sensor type it allocates nothing.
public struct DeviceProcessor: Sendable {
    public let device: String
    public private(set) var statistics = ProcessingStatistics()
    private let rules: ProcessingRules
    /// Where the sensor type is in `series`.
    private var places: [ExactText: Int] = [:]
    private var series: [SensorSeries] = []

    /// - Throws: What cannot be followed in `rules`.
    public init(device: String, rules: ProcessingRules = ProcessingRules()) throws(InvalidRules) {
        try rules.check()
        self.device = device
        self.rules = rules
    }

    /// - Parameter modelScore: 0…1, what a model finds; the anomaly score is this or its own, whichever is higher.
    /// - Throws: Why the reading is refused. Then nothing has changed but the count of those.
    public mutating func process(
        _ value: Double, of sensor: String, at timestamp: Timestamp, modelScore: Double = 0
    ) throws(ReadingRejection) -> Outcome {
        if let rejection = rejection(value, sensor) {
            statistics.rejected += 1
            throw rejection
        }
        statistics.processed += 1
        var reading = ProcessedReading(
            device: device, sensor: sensor, timestamp: timestamp, number: statistics.processed, raw: value,
            processed: value, quality: 1, anomalyScore: modelScore, decision: .withhold)
        let released = series[place(of: ExactText(sensor))].take(&reading)
        if reading.isAnomalous { statistics.anomalies += 1 }
        let outcome = Outcome(reading: reading, released: released)
        outcome.forEachToSend { _ in statistics.sent += 1 }
        return outcome
    }

    /// What is held of a sensor type is to be sent: before the gateway leaves, and when the sensor has fallen silent.
    mutating func flush(_ sensor: ExactText) -> ProcessedReading? {
        guard let place = places[sensor], let reading = series[place].flush() else { return nil }
        statistics.sent += 1
        return reading
    }

    private func rejection(_ value: Double, _ sensor: String) -> ReadingRejection? {
        if device.isEmpty { return .emptyDevice }
        if sensor.isEmpty { return .emptySensor }
        return value.isFinite ? nil : .notFinite(value)
    }

    private mutating func place(of sensor: ExactText) -> Int {
        if let known = places[sensor] { return known }
        series.append(SensorSeries(rules.rules(for: sensor), bufferCapacity: rules.bufferCapacity))
        places[sensor] = series.count - 1
        return series.count - 1
    }
}
