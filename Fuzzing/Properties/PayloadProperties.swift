internal import Model
internal import Payload

/// A message becomes readings, a presence change, or dead letters with a reason; what it becomes can be stored, and
/// publishing a reading again brings it back as it was.
struct PayloadProperties {
    /// 2026-11-22T20:00:00Z
    private static let arrival = Timestamp(seconds: 1_795_377_600)
    private static let flags = DeliveryFlags.retained

    private let topic: [UInt8]
    private let payload: [UInt8]

    init(_ input: [UInt8]) {
        let end = input.firstIndex(of: UInt8(ascii: "\n")) ?? input.startIndex
        topic = Array(input[..<end])
        payload = Array(input[end...].dropFirst())
    }

    func check() throws(BrokenProperty) {
        try check(bareNumbers: .refuse)
        if !payload.contains(UInt8(ascii: "{")) { try check(bareNumbers: .accept) }
    }

    private func check(bareNumbers: PayloadRules.BareNumbers) throws(BrokenProperty) {
        var rules = PayloadRules.standard
        rules.bareNumbers = bareNumbers
        let decoder = PayloadDecoder(rules: rules)
        let (batch, decoded) = Self.decode(topic, payload, decoder)
        try check(batch, decoded)
        let (again, _) = Self.decode(topic, payload, decoder)
        try require(again == batch, "the same message comes out differently the second time")
        try checkReadings(batch, rules)
        try checkDeadLetters(batch, decoder)
        try checkPresence(batch)
        // The identity is what the spool adds.
        try BatchProperties.checkTravels(batch)
        for row in 0..<batch.count { try checkComesBack(row, of: batch, decoder) }
    }

    private static func decode(
        _ topic: [UInt8], _ payload: [UInt8], _ decoder: PayloadDecoder
    ) -> (ReadingBatch, DecodedMessage) {
        var builder = BatchBuilder()
        let decoded = topic.withUnsafeBytes { topic in
            payload.withUnsafeBytes { payload in
                decoder.decode(topic: topic, payload: payload, flags: flags, receivedAt: arrival, into: &builder)
            }
        }
        return (builder.finish(identity: BatchIdentity(producer: "fuzzer", sequence: 1)), decoded)
    }

    // MARK: Nothing gets lost

    private func check(_ batch: ReadingBatch, _ decoded: DecodedMessage) throws(BrokenProperty) {
        try require(
            decoded.readings == batch.count && decoded.deadLetters == batch.deadLetters.count
                && decoded.presence == batch.presence.count,
            "the decoder counts \(decoded), the batch holds \(batch.count) readings, \(batch.deadLetters.count) "
                + "dead letters and \(batch.presence.count) presence changes")
        try require(!batch.isEmpty || holdsEmptyArray, "the message became nothing at all")
        let positions = batch.position + batch.deadLetters.map(\.position) + batch.presence.map(\.position)
        try require(positions.sorted() == (0..<UInt32(positions.count)).map { $0 }, "positions \(positions)")
    }

    /// Somewhere in the payload is `[]`: no readings are no reading, and no fault either.
    private var holdsEmptyArray: Bool {
        let dense = payload.filter { !" \t\r\n".utf8.contains($0) }
        return zip(dense, dense.dropFirst()).contains { $0 == UInt8(ascii: "[") && $1 == UInt8(ascii: "]") }
    }

    // MARK: What comes out can be stored

    private func checkReadings(_ batch: ReadingBatch, _ rules: PayloadRules) throws(BrokenProperty) {
        for series in batch.series {
            try checkText(series.device, limit: PayloadRules.nameLimit, "device")
            try checkText(series.sensor, limit: PayloadRules.nameLimit, "sensor")
            try checkText(series.unit, limit: PayloadRules.wordLimit, "unit")
            try require(!series.device.isEmpty && !series.sensor.isEmpty, "a series without a name")
            try require(
                series.partition == Partition(device: series.device, of: .standard), "a series of another partition")
        }
        for row in 0..<batch.count {
            try require(batch.value[row].isFinite, "the value \(batch.value[row])")
            try checkTime(Timestamp(microseconds: batch.timestamp[row]), rules)
            try require(batch.receivedAt[row] == Self.arrival.microseconds, "another arrival")
        }
        try require(batch.flags.count == batch.count, "\(batch.flags.count) rows of \(batch.count) know their flags")
        for entry in batch.locations + batch.metadata { try checkExcerpt(entry.text) }
    }

    private func checkTime(_ time: Timestamp, _ rules: PayloadRules) throws(BrokenProperty) {
        try require(
            time >= rules.earliest && time <= Self.arrival.advanced(by: rules.clockSkew), "the time \(time.iso8601)")
    }

    private func checkText(_ text: String, limit: Int, _ what: String) throws(BrokenProperty) {
        try require(text.utf8.count <= limit, "a \(what) of \(text.utf8.count) bytes")
        try require(!text.utf8.contains(0), "a \(what) with NUL")
    }

    /// Text that was taken over as it stood; bytes that are not UTF-8 would have been repaired to something else.
    private func checkExcerpt(_ text: String) throws(BrokenProperty) {
        try require(!text.utf8.contains(0), "JSON with NUL: \(text)")
        try require(payload.contains(Array(text.utf8)), "JSON that is not in the payload: \(text)")
    }

    private func checkPresence(_ batch: ReadingBatch) throws(BrokenProperty) {
        for change in batch.presence {
            try checkText(change.device, limit: PayloadRules.nameLimit, "device")
            try checkText(change.status, limit: PayloadRules.wordLimit, "status")
            try require(!change.status.isEmpty && !change.device.isEmpty, "an empty status or device")
            try checkTime(change.at, .standard)
            guard let attributes = change.attributes else { continue }
            let (again, _) = Self.decode(
                Array("sensors/a/b".utf8), Array(#"{"value":1,"metadata":\#(attributes)}"#.utf8), PayloadDecoder())
            try require(again.metadata.first?.text == attributes, "attributes that are no JSON object: \(attributes)")
        }
    }

    // MARK: What comes out can come again

    private func checkDeadLetters(_ batch: ReadingBatch, _ decoder: PayloadDecoder) throws(BrokenProperty) {
        for letter in batch.deadLetters {
            try require(!letter.detail.isEmpty, "no detail for \(letter.reason)")
            try require(letter.detail.utf8.count < 600, "a detail of \(letter.detail.utf8.count) bytes")
            try require(!letter.detail.utf8.contains(0) && !letter.topic.utf8.contains(0), "a letter with NUL")
            let (again, _) = Self.decode(topic, letter.payload, decoder)
            guard letter.payload == payload else { continue }
            try require(
                again.deadLetters.map(\.reason) == batch.deadLetters.map(\.reason), "a letter replays otherwise")
        }
    }

    private func checkComesBack(_ row: Int, of batch: ReadingBatch, _ decoder: PayloadDecoder) throws(BrokenProperty) {
        let json = batch.json(ofRow: row)
        let (again, _) = Self.decode(Array(batch.topic(ofRow: row).utf8), json.bytes, decoder)
        try require(again.count == 1, "published again, \(json.text) became \(again.deadLetters.map(\.detail))")
        try require(
            again.value[0].bitPattern == batch.value[row].bitPattern && again.timestamp[0] == batch.timestamp[row]
                && again.series(ofRow: 0) == batch.series(ofRow: row)
                && again.location(ofRow: 0) == batch.location(ofRow: row)
                && again.metadata(ofRow: 0) == batch.metadata(ofRow: row),
            "published again, \(json.text) comes back as \(again.json(ofRow: 0).text)")
    }
}
