internal import Filters
internal import Model

/// One sensor type of one device: its buffer, its filter and what was sent of it.
struct SensorSeries {
    /// Readings from which on there is a quality.
    static let rated = 10
    /// Readings from which on there is an anomaly score.
    static let scored = 20

    private var held: ProcessedReading?
    private let rules: SensorRules
    private var window: SlidingWindow
    private var smoother: Smoother
    private var transmission: Transmission

    init(_ rules: SensorRules, bufferCapacity: Int) {
        self.rules = rules
        window = SlidingWindow(capacity: bufferCapacity)
        smoother = Smoother(rules.smoothing, bufferCapacity: bufferCapacity)
        transmission = Transmission(rules.transmission)
    }

    /// Fills in what `reading`, of which the raw value and its origin are known, lacks.
    mutating func take(_ reading: inout ProcessedReading) -> ProcessedReading? {
        window.append(reading.raw)
        reading.processed = smoother.smoothed(window) ?? reading.raw
        rate(&reading)
        let value = rules.compared == .raw ? reading.raw : reading.processed
        let step = transmission.take(
            TransmissionCandidate(
                point: Point(time: reading.timestamp, value: value), quality: reading.quality,
                anomalyScore: reading.anomalyScore))
        reading.decision = step.decision
        let released = step.released.flatMap { release($0) }
        held = step.decision == .hold ? reading : nil
        return released
    }

    /// The held reading, which counts as sent from now on.
    mutating func flush() -> ProcessedReading? {
        transmission.flush()
        defer { held = nil }
        return release(.flushed)
    }

    private func rate(_ reading: inout ProcessedReading) {
        guard window.count >= Self.rated else { return }
        reading.quality = window.moments(ofLast: Self.rated).quality
        guard window.count >= Self.scored else { return }
        let score = window.moments(ofLast: Self.scored - 1, skipping: 1)
            .anomalyScore(of: reading.raw, deviationFloor: rules.deviationFloor)
        reading.anomalyScore = max(reading.anomalyScore, score)
    }

    private func release(_ reason: SendReason) -> ProcessedReading? {
        var reading = held
        reading?.decision = .send(reason)
        return reading
    }
}
