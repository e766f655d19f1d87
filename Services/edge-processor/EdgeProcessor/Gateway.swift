internal import Model

/// All devices behind this gateway: one processor each.
struct Gateway {
    /// What is to be done with what came, in its order.
    struct Output: Equatable {
        var messages: [UplinkMessage] = []
        var held: [HeldReading.Change] = []
        var processed = 0
        var withheld = 0
        var anomalies = 0
        /// Of devices beyond the limit.
        var unprocessed = 0
    }

    private let name: String
    private let rules: ProcessingRules
    private let deviceLimit: Int
    private var devices: [ExactText: DeviceProcessor] = [:]
    /// What came with the reading that is held of a topic.
    private var contexts: [String: ReadingContext] = [:]
    private let forests: DeviceForests

    /// - Parameter rules: that were checked.
    init(name: String, rules: ProcessingRules, deviceLimit: Int, forests: DeviceForests) {
        self.forests = forests
        self.name = name
        self.rules = rules
        self.deviceLimit = deviceLimit
    }

    var deviceCount: Int { devices.count }

    mutating func take(_ batch: ReadingBatch, into output: inout Output) {
        var places = Places(batch)
        var letters = batch.deadLetters[...]
        let modelScores = forests.scores(of: batch)
        for row in 0..<batch.count {
            Self.passOn(&letters, before: batch.position[row], into: &output)
            let series = batch.series(ofRow: row)
            let context = places.context(row, unit: series.unit)
            process(
                batch.value[row], of: series, at: Timestamp(microseconds: batch.timestamp[row]),
                modelScore: modelScores.isEmpty ? 0 : Double(modelScores[row]), context, into: &output)
        }
        Self.passOn(&letters, before: .max, into: &output)
    }

    /// What is no reading is for the centre to judge: it keeps the bytes and says why.
    private static func passOn(
        _ letters: inout ArraySlice<DeadLetter>, before position: UInt32, into output: inout Output
    ) {
        while let letter = letters.first, letter.position < position {
            output.messages.append(UplinkMessage(verbatim: letter.topic, letters.removeFirst().payload))
        }
    }

    private mutating func process(
        _ value: Double, of series: Series, at time: Timestamp, modelScore: Double, _ context: ReadingContext,
        into output: inout Output
    ) {
        let device = ExactText(series.device)
        if devices[device] == nil {
            guard devices.count < deviceLimit, let processor = try? DeviceProcessor(device: series.device, rules: rules)
            else { return pass(value, of: series, at: time, context, into: &output) }
            devices[device] = processor
        }
        guard let outcome = try? devices[device]?.process(value, of: series.sensor, at: time, modelScore: modelScore)
        else {
            // The decoder has looked at the value and at both names: what is refused all the same goes on as it is.
            return pass(value, of: series, at: time, context, into: &output)
        }
        settle(outcome, context, into: &output)
    }

    private mutating func settle(_ outcome: Outcome, _ context: ReadingContext, into output: inout Output) {
        let reading = outcome.reading
        output.processed += 1
        if reading.isAnomalous { output.anomalies += 1 }
        let topic = "sensors/\(reading.device)/\(reading.sensor)"
        let before = contexts.removeValue(forKey: topic)
        if let released = outcome.released {
            output.messages.append(UplinkMessage(released, before ?? ReadingContext(), gateway: name))
        } else if before != nil {
            output.withheld += 1
        }
        if before != nil { output.held.append(.release(topic: topic)) }
        switch reading.decision {
        case .send: output.messages.append(UplinkMessage(reading, context, gateway: name))
        case .withhold: output.withheld += 1
        case .hold:
            contexts[topic] = context
            output.held.append(.hold(HeldReading(message: UplinkMessage(reading, context, gateway: name))))
        }
    }

    /// As a processor that knows nothing would: raw, of full quality.
    private func pass(
        _ value: Double, of series: Series, at time: Timestamp, _ context: ReadingContext, into output: inout Output
    ) {
        output.unprocessed += 1
        let reading = ProcessedReading(
            device: series.device, sensor: series.sensor, timestamp: time, number: 0, raw: value, processed: value,
            quality: 1, anomalyScore: 0, decision: .withhold)
        output.messages.append(UplinkMessage(reading, context, gateway: name))
    }

    /// Sends what is held: of sensors that have been silent since `time`, or all.
    mutating func flush(heldBefore time: Timestamp? = nil, into output: inout Output) {
        guard !contexts.isEmpty else { return }
        for device in devices.keys.sorted(by: { $0.text < $1.text }) {
            for reading in devices[device]?.flush(heldBefore: time) ?? [] {
                let topic = "sensors/\(reading.device)/\(reading.sensor)"
                let context = contexts.removeValue(forKey: topic) ?? ReadingContext()
                output.messages.append(UplinkMessage(reading, context, gateway: name))
                output.held.append(.release(topic: topic))
            }
        }
    }
}

/// Walks the sparse columns of a batch beside its rows.
private struct Places {
    private var locations: ArraySlice<SparseText>
    private var metadata: ArraySlice<SparseText>

    init(_ batch: ReadingBatch) {
        locations = batch.locations[...]
        metadata = batch.metadata[...]
    }

    mutating func context(_ row: Int, unit: String) -> ReadingContext {
        ReadingContext(unit: unit, location: Self.take(row, &locations), metadata: Self.take(row, &metadata))
    }

    private static func take(_ row: Int, _ column: inout ArraySlice<SparseText>) -> String? {
        guard let first = column.first, first.row == row else { return nil }
        return column.removeFirst().text
    }
}
