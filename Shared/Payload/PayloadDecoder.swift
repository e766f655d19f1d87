internal import CSimdjson
public import Model

#if canImport(Glibc)
    internal import Glibc
#endif

/// MQTT messages in, rows of a batch out. Whatever cannot be stored becomes a dead letter with its bytes: the whole
/// message when it makes no sense as such, one element when the fault is in one reading of many.
///
/// Not `Sendable`: it belongs to the thread that reads the broker.
public final class PayloadDecoder {
    let rules: PayloadRules
    let stage: String
    let partitions: PartitionCount
    private let parser = JSONParser()
    private var cache = TopicCache()
    private var generation: UInt64 = 0

    /// - Parameter stage: the service, as its dead letters name it.
    public init(
        rules: PayloadRules = .standard, partitions: PartitionCount = .standard, stage: String = "mqtt-ingest"
    ) {
        self.rules = rules
        self.partitions = partitions
        self.stage = stage
    }

    /// Adds what a message holds. Never throws: a fault is a dead letter in the builder.
    ///
    /// - Parameters:
    ///   - topic, payload: as they came from the broker; read only during the call.
    ///   - receivedAt: when it was read; the time of readings that have none.
    ///   - replay: the event id of the dead letter that it was.
    /// - Returns: what the message became. An empty array of readings is nothing at all.
    @discardableResult
    public func decode(
        topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, flags: DeliveryFlags, receivedAt: Timestamp,
        replay: String? = nil, into builder: inout BatchBuilder
    ) -> DecodedMessage {
        let first = builder.nextPosition
        defer { if let replay { builder.noteReplay(of: replay, from: first) } }
        let message = Message(topic: topic, payload: payload, flags: flags, receivedAt: receivedAt)
        builder.begin(with: self) {
            generation += 1
            return generation
        }
        builder.payloadBytes += topic.count + payload.count
        do throws(PayloadFault) {
            let known = try cache.topic(topic, partitions: partitions)
            return try decode(message, topic: known, into: &builder)
        } catch {
            bury(BuriedBytes(payload, fault: error), of: message, in: &builder)
            return DecodedMessage(deadLetters: 1)
        }
    }

    private func decode(
        _ message: Message, topic: Int, into builder: inout BatchBuilder
    ) throws(PayloadFault) -> DecodedMessage {
        let json = try checked(message.payload)
        switch cache.topics[topic].meaning {
        case .presence(let device):
            let change = try presence(json, device: device, at: message.receivedAt)
            builder.append(change, partition: cache.topics[topic].partition, device: device)
            return DecodedMessage(presence: 1)
        case .readings:
            // The whole message is known to be JSON before any of its readings counts.
            let document = try parser.parse(json, envelope: "readings", depthLimit: rules.depthLimit)
            var faults = MessageFaults()
            var decoded = DecodedMessage()
            for item in document.items {
                do throws(PayloadFault) {
                    try decode(item, of: document, message, topic: topic, into: &builder)
                    decoded.readings += 1
                } catch {
                    let bytes = document.isAlone(item) ? message.payload : document.bytes(of: item.value)
                    if let kept = faults.add(error, bytes) { bury(kept, of: message, in: &builder) }
                }
            }
            for kept in faults.together { bury(kept, of: message, in: &builder) }
            decoded.deadLetters = faults.letters
            return decoded
        }
    }

    private func decode(
        _ item: sluice_json_item, of document: JSONDocument, _ message: Message, topic: Int,
        into builder: inout BatchBuilder
    ) throws(PayloadFault) {
        let reading = try reading(item, document, receivedAt: message.receivedAt)
        let series = cache.series(topic: topic, unit: reading.unit)
        let index = cache.index(ofSeries: series, in: &builder.batch, generation: builder.generation)
        builder.append(reading, seriesIndex: index, message: message)
    }

    /// What holds for every payload. A byte order mark, which some editors and gateways write, is passed over.
    private func checked(_ payload: UnsafeRawBufferPointer) throws(PayloadFault) -> UnsafeRawBufferPointer {
        guard payload.count <= rules.sizeLimit else {
            throw PayloadFault(
                reason: .payloadTooLarge, detail: "\(payload.count) bytes; the limit is \(rules.sizeLimit)")
        }
        guard let start = payload.baseAddress else { return payload }
        if memchr(start, 0, payload.count) != nil { throw .nul(in: "the payload") }
        let hasByteOrderMark = payload.count >= 3 && payload[0] == 0xef && payload[1] == 0xbb && payload[2] == 0xbf
        return hasByteOrderMark ? UnsafeRawBufferPointer(rebasing: payload.dropFirst(3)) : payload
    }

    private func reading(
        _ item: sluice_json_item, _ document: JSONDocument, receivedAt: Timestamp
    ) throws(PayloadFault) -> DecodedReading {
        guard item.value.kind == SLUICE_JSON_OBJECT else {
            return try bareReading(item, document, receivedAt: receivedAt)
        }
        let fields = ReadingFields(document.fields(of: item))
        return DecodedReading(
            value: try document.number(fields.value?.pointee),
            timestamp: try document.timestamp(fields.timestamp?.pointee, receivedAt: receivedAt, rules: rules),
            unit: try document.unit(fields.unit?.pointee),
            location: try document.location(fields.location?.pointee),
            metadata: try document.metadata(fields.metadata?.pointee),
            quality: document.share(fields.quality?.pointee),
            anomalyScore: document.share(fields.anomalyScore?.pointee))
    }

    private func bareReading(
        _ item: sluice_json_item, _ document: JSONDocument, receivedAt: Timestamp
    ) throws(PayloadFault) -> DecodedReading {
        let isNumber = item.value.kind == SLUICE_JSON_INTEGER || item.value.kind == SLUICE_JSON_NUMBER
        guard isNumber, rules.bareNumbers == .accept else {
            throw PayloadFault(
                reason: .wrongShape,
                detail: "a reading is \(document.described(item.value)); expected an object with a \"value\"")
        }
        return DecodedReading(
            value: item.value.number, timestamp: receivedAt.microseconds,
            unit: UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// A message that is no set of readings.
    func parse(_ payload: UnsafeRawBufferPointer) throws(PayloadFault) -> JSONDocument {
        try parser.parse(payload, envelope: nil, depthLimit: rules.depthLimit)
    }
}

extension JSONDocument {
    /// Whether there is nothing but white space around the item.
    fileprivate func isAlone(_ item: sluice_json_item) -> Bool {
        let end = Int(item.value.offset + item.value.length)
        return (payload[..<Int(item.value.offset)].allSatisfy { $0 <= 0x20 })
            && payload[end...].allSatisfy { $0 <= 0x20 }
    }
}
