internal import Model

/// A message for the central broker, as it lies in the spool.
struct UplinkMessage: Equatable {
    enum Kind: Int64 {
        /// A reading. Its payload lacks the two closing braces, so that what is known only when it is sent can go in.
        case reading = 0
        /// As it came: presence, and what is no reading, for the centre to judge.
        case verbatim = 1
    }

    var kind: Kind
    var topic: String
    var payload: [UInt8]
    /// Thinned last: what the gateway found odd, and the first of a series.
    var isImportant: Bool

    /// A reading with what the gateway found out: `value` is the smoothed one, the raw one is in the metadata.
    init(_ reading: ProcessedReading, _ context: ReadingContext, gateway: String) {
        var json = JSONText()
        json.beginObject()
        json.key("value")
        json.number(reading.processed)
        if !context.unit.isEmpty {
            json.key("unit")
            json.string(context.unit)
        }
        json.key("timestamp")
        json.string(reading.timestamp.iso8601)
        json.key("quality")
        json.number(reading.quality)
        json.key("anomaly_score")
        json.number(reading.anomalyScore)
        if let location = context.location {
            json.key("location")
            json.raw(location)
        }
        json.key("metadata")
        json.beginObject()
        if let metadata = context.metadata { json.members(of: metadata) }
        json.key("raw_value")
        json.number(reading.raw)
        json.key("gateway")
        json.string(gateway)
        if case .send(let reason) = reading.decision {
            json.key("sent_because")
            json.string(reason.rawValue)
        }
        kind = .reading
        topic = "sensors/\(reading.device)/\(reading.sensor)"
        payload = json.bytes
        isImportant = reading.isAnomalous || reading.decision == .send(.first)
    }

    init(verbatim topic: String, _ payload: [UInt8]) {
        kind = .verbatim
        self.topic = topic
        self.payload = payload
        isImportant = true
    }

    init(kind: Kind, topic: String, payload: [UInt8], isImportant: Bool) {
        self.kind = kind
        self.topic = topic
        self.payload = payload
        self.isImportant = isImportant
    }

    /// What is published.
    ///
    /// - Parameter thinned: readings of the series just before it that were given up for want of room.
    func payload(thinned: Int64) -> [UInt8] {
        guard kind == .reading else { return payload }
        // The last of a repeated key counts: a device's own word must not be taken for ours.
        let isForeign = String(decoding: payload, as: UTF8.self).contains("\"thinned\"")
        let note = thinned > 0 || isForeign ? ",\"thinned\":\(thinned)" : ""
        return payload + Array("\(note)}}".utf8)
    }
}

/// What came with a reading and goes on as it is.
struct ReadingContext: Equatable {
    var unit = ""
    /// JSON object, as text.
    var location: String?
    /// JSON object, as text.
    var metadata: String?
}
