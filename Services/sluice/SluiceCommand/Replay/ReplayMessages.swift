import Model

/// Gathers consecutive readings of one series into messages.
struct ReplayMessages {
    private let unit: String
    private let limit: Int
    private var topic = ""
    private var payload = ReadingPayload()
    private var count = 0

    init(unit: String, limit: Int) {
        self.unit = unit
        self.limit = limit
    }

    /// - Returns: a message that the reading does not go into any more, or that it fills.
    mutating func add(_ reading: RecordedReading) -> [OutgoingMessage] {
        var complete: [OutgoingMessage] = []
        if reading.topic != topic, let message = take() { complete.append(message) }
        topic = reading.topic
        payload.append(value: reading.value, unit: unit, timestamp: reading.timestamp)
        count += 1
        if count == limit, let message = take() { complete.append(message) }
        return complete
    }

    /// What is gathered so far, if anything.
    mutating func take() -> OutgoingMessage? {
        guard count > 0 else { return nil }
        defer {
            payload = ReadingPayload()
            count = 0
        }
        return OutgoingMessage(topic: topic, payload: payload.bytes, readings: count)
    }
}
