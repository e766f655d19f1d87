internal import CSimdjson
internal import Model

/// What a device said of itself on `devices/{device}/status`.
struct DecodedPresence {
    var status: String
    var at: Timestamp
    var attributes: String?
}

/// A presence message is a word (`online`), the word as JSON text, or an object `{"status": "online", …}` with an
/// optional `timestamp`; whatever else the object holds are the device's attributes.
extension PayloadDecoder {
    func presence(
        _ payload: UnsafeRawBufferPointer, device: String, at receivedAt: Timestamp
    ) throws(PayloadFault) -> DecodedPresence {
        let start = payload.first { !isWhiteSpace($0) }
        guard let start else { throw PayloadFault(reason: .emptyPayload, detail: "the payload is empty") }
        guard start != UInt8(ascii: "[") else { throw Self.invalid("an array") }
        guard start == UInt8(ascii: "{") || start == UInt8(ascii: "\"") else {
            return DecodedPresence(status: try plainStatus(payload), at: receivedAt)
        }
        let document = try parse(payload)
        // Anything but an array at the root is exactly one item.
        let root = document.items[0]
        if root.value.kind == SLUICE_JSON_STRING {
            return DecodedPresence(status: try status(root.value), at: receivedAt)
        }
        guard root.value.kind == SLUICE_JSON_OBJECT else { throw Self.invalid(document.described(root.value)) }
        return try presence(document, document.fields(of: root), receivedAt)
    }

    private func presence(
        _ document: JSONDocument, _ fields: UnsafeBufferPointer<sluice_json_field>, _ receivedAt: Timestamp
    ) throws(PayloadFault) -> DecodedPresence {
        var word: sluice_json_field?
        var time: sluice_json_field?
        var attributes = JSONText()
        attributes.beginObject()
        for field in fields {
            if field.isNamed("status") {
                word = field
            } else if field.isNamed("timestamp") {
                time = field.present
            } else if field.kind != SLUICE_JSON_NULL {
                try document.check(attribute: field)
                attributes.key(String(decoding: field.keyBytes, as: UTF8.self))
                attributes.raw(document.json(of: field))
            }
        }
        attributes.endObject()
        guard let word else { throw Self.invalid("an object without \"status\"") }
        guard word.kind == SLUICE_JSON_STRING else { throw Self.invalid("status \(document.described(word))") }
        let at = try document.timestamp(time, receivedAt: receivedAt, rules: rules)
        return DecodedPresence(
            status: try status(word), at: Timestamp(microseconds: at),
            attributes: attributes.bytes.count > 2 ? attributes.text : nil)
    }

    private func status(_ field: sluice_json_field) throws(PayloadFault) -> String {
        if field.holdsNUL { throw .nul(in: "status") }
        return try plainStatus(field.string)
    }

    private func plainStatus(_ bytes: UnsafeRawBufferPointer) throws(PayloadFault) -> String {
        let trimmed = bytes.drop(while: isWhiteSpace)
        let word = trimmed.prefix(
            (trimmed.lastIndex { !isWhiteSpace($0) } ?? trimmed.startIndex - 1) - trimmed.startIndex + 1)
        guard let text = String(validating: word, as: UTF8.self) else {
            throw PayloadFault(reason: .invalidUTF8, detail: "the payload is not UTF-8")
        }
        guard 1...PayloadRules.wordLimit ~= word.count, word.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw Self.invalid("text that is no word of 1 to \(PayloadRules.wordLimit) bytes")
        }
        return text
    }

    private func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || 0x09...0x0d ~= byte
    }

    private static func invalid(_ what: String) -> PayloadFault {
        PayloadFault(
            reason: .invalidPresence, detail: "presence is \(what); expected a word, or an object with a \"status\"")
    }
}

extension JSONDocument {
    fileprivate func check(attribute field: sluice_json_field) throws(PayloadFault) {
        if field.holdsNUL || Int(field.flags) & SLUICE_JSON_KEY_HOLDS_NUL != 0 { throw .nul(in: "an attribute") }
        guard field.isNamed("location") else {
            if !field.holdsBadNumber { return }
            throw PayloadFault(
                reason: .invalidPresence,
                detail: "an attribute holds NaN, an infinity or a number that does not fit a double")
        }
        _ = try location(field)
    }
}

extension BatchBuilder {
    mutating func append(_ change: DecodedPresence, partition: Partition, device: String) {
        batch.presence.append(
            PresenceChange(
                position: nextPosition, partition: partition, device: device, status: change.status, at: change.at,
                attributes: change.attributes))
    }
}
