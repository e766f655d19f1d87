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
        /// Of series beyond the limit.
        var unprocessed = 0
    }

    private struct Name: Hashable {
        var device: ExactText
        var sensor: ExactText

        var topic: String { "sensors/\(device.text)/\(sensor.text)" }
    }

    /// What came with the reading that a rule holds, and when.
    private struct Held {
        var context: ReadingContext
        var since: ContinuousClock.Instant
    }

    private let name: String
    private let rules: ProcessingRules
    private let seriesLimit: Int
    private var devices: [ExactText: DeviceProcessor] = [:]
    /// Those that are processed.
    private var known: Set<Name> = []
    private var held: [Name: Held] = [:]
    private let forests: DeviceForests

    /// - Parameter rules: that were checked.
    init(name: String, rules: ProcessingRules, seriesLimit: Int, forests: DeviceForests) {
        self.forests = forests
        self.name = name
        self.rules = rules
        self.seriesLimit = seriesLimit
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
        let own = Name(device: ExactText(series.device), sensor: ExactText(series.sensor))
        guard admit(own) else { return pass(value, of: series, at: time, context, into: &output) }
        guard
            let outcome = try? devices[own.device]?.process(
                value, of: series.sensor, at: time, modelScore: modelScore)
        else {
            // The decoder has looked at the value and at both names: what is refused all the same goes on as it is.
            return pass(value, of: series, at: time, context, into: &output)
        }
        settle(outcome, own, context, into: &output)
    }

    /// Whether the series is processed: whoever invents names must not fill the gateway.
    private mutating func admit(_ own: Name) -> Bool {
        if known.contains(own) { return true }
        guard known.count < seriesLimit else { return false }
        if devices[own.device] == nil {
            devices[own.device] = try? DeviceProcessor(device: own.device.text, rules: rules)
        }
        known.insert(own)
        return true
    }

    private mutating func settle(
        _ outcome: Outcome, _ own: Name, _ context: ReadingContext, into output: inout Output
    ) {
        let reading = outcome.reading
        output.processed += 1
        if reading.isAnomalous { output.anomalies += 1 }
        let before = held.removeValue(forKey: own)
        if let released = outcome.released {
            output.messages.append(UplinkMessage(released, before?.context ?? ReadingContext(), gateway: name))
        } else if before != nil {
            output.withheld += 1
        }
        if before != nil || outcome.released != nil { output.held.append(.release(topic: own.topic)) }
        switch reading.decision {
        case .send: output.messages.append(UplinkMessage(reading, context, gateway: name))
        case .withhold: output.withheld += 1
        case .hold:
            held[own] = Held(context: context, since: .now)
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

    /// Sends what is held: of series that have been silent for so long, or all.
    mutating func flush(silentFor limit: Duration? = nil, into output: inout Output) {
        guard !held.isEmpty else { return }
        let now = ContinuousClock.now
        let due = held.filter { entry in limit.map { now - entry.value.since >= $0 } ?? true }
        for own in due.keys.sorted(by: { $0.topic < $1.topic }) {
            guard let entry = held.removeValue(forKey: own) else { continue }
            if let reading = devices[own.device]?.flush(own.sensor) {
                output.messages.append(UplinkMessage(reading, entry.context, gateway: name))
            }
            output.held.append(.release(topic: own.topic))
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
