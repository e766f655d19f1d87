internal import CSimdjson
internal import Model

/// The fields of one reading that mean something. The last of a repeated key counts, as in Python and `jsonb`; a field
/// that is `null` counts as absent; fields that nobody knows are left out.
struct ReadingFields {
    typealias Field = UnsafePointer<sluice_json_field>

    var value: Field?
    var unit: Field?
    var timestamp: Field?
    var location: Field?
    var metadata: Field?
    var quality: Field?
    var anomalyScore: Field?

    init(_ fields: UnsafeBufferPointer<sluice_json_field>) {
        guard var field = fields.baseAddress else { return }
        for _ in fields.indices {
            note(field)
            field += 1
        }
    }

    private mutating func note(_ field: Field) {
        switch field.pointee.key_length {
        case 5 where field.pointee.isNamed("value"): value = field
        case 4 where field.pointee.isNamed("unit"): unit = field.unlessNull
        case 9 where field.pointee.isNamed("timestamp"): timestamp = field.unlessNull
        case 8 where field.pointee.isNamed("location"): location = field.unlessNull
        case 8 where field.pointee.isNamed("metadata"): metadata = field.unlessNull
        case 7 where field.pointee.isNamed("quality"): quality = field
        case 13 where field.pointee.isNamed("anomaly_score"): anomalyScore = field
        default: break
        }
    }
}

extension UnsafePointer<sluice_json_field> {
    fileprivate var unlessNull: Self? { pointee.kind == SLUICE_JSON_NULL ? nil : self }
}

extension sluice_json_field {
    var present: sluice_json_field? { kind == SLUICE_JSON_NULL ? nil : self }
}

/// The rules for single fields.
extension JSONDocument {
    func number(_ field: sluice_json_field?) throws(PayloadFault) -> Double {
        guard let field else { throw PayloadFault(reason: .missingValue, detail: "there is no \"value\"") }
        switch field.kind {
        case SLUICE_JSON_INTEGER, SLUICE_JSON_NUMBER:
            return field.number
        case SLUICE_JSON_NUMBER_OUT_OF_RANGE:
            throw PayloadFault(reason: .numberOutOfRange, detail: "value \(excerpt(of: field)) does not fit a double")
        default:
            throw PayloadFault(reason: .valueNotANumber, detail: "value is \(described(field)); expected a number")
        }
    }

    /// What a gateway found out, 0…1. Devices may use the name for something of their own: then it says nothing.
    func share(_ field: sluice_json_field?) -> Float? {
        guard let field, field.kind == SLUICE_JSON_INTEGER || field.kind == SLUICE_JSON_NUMBER,
            (0...1).contains(field.number)
        else { return nil }
        return Float(field.number)
    }

    /// The bytes of the unit, empty when there is none.
    func unit(_ field: sluice_json_field?) throws(PayloadFault) -> UnsafeRawBufferPointer {
        guard let field else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        guard field.kind == SLUICE_JSON_STRING else {
            throw PayloadFault(reason: .invalidUnit, detail: "unit is \(described(field)); expected text")
        }
        if field.holdsNUL { throw .nul(in: "unit") }
        guard field.text_length <= PayloadRules.wordLimit else {
            throw PayloadFault(
                reason: .invalidUnit,
                detail: "unit is \(field.text_length) bytes long; the limit is \(PayloadRules.wordLimit)")
        }
        return field.string
    }

    /// A location as text: names to numbers, nothing else. An empty object is no location.
    func location(_ field: sluice_json_field?) throws(PayloadFault) -> String? {
        guard let field else { return nil }
        if field.holdsNUL { throw .nul(in: "location") }
        guard field.kind == SLUICE_JSON_OBJECT, field.holdsOnlyNumbers else {
            throw PayloadFault(
                reason: .invalidLocation,
                detail: "location is \(excerpt(of: field)); expected an object of names to numbers")
        }
        return nonempty(field)
    }

    /// Metadata as text: any object that `jsonb` takes.
    func metadata(_ field: sluice_json_field?) throws(PayloadFault) -> String? {
        guard let field else { return nil }
        guard field.kind == SLUICE_JSON_OBJECT else {
            throw PayloadFault(reason: .invalidMetadata, detail: "metadata is \(described(field)); expected an object")
        }
        if field.holdsNUL { throw .nul(in: "metadata") }
        if field.holdsBadNumber {
            throw PayloadFault(
                reason: .invalidMetadata,
                detail: "metadata holds NaN, an infinity or a number that does not fit a double")
        }
        return nonempty(field)
    }

    private func nonempty(_ field: sluice_json_field) -> String? {
        let bytes = bytes(of: field)
        let isEmpty = bytes.dropFirst().dropLast().allSatisfy { $0 <= UInt8(ascii: " ") }
        return isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// A value as a sentence names it.
    func described(_ field: sluice_json_field) -> String {
        switch field.kind {
        case SLUICE_JSON_NULL: "null"
        case SLUICE_JSON_BOOLEAN: "the boolean \(excerpt(of: field))"
        case SLUICE_JSON_STRING: "the text \(excerpt(of: field))"
        case SLUICE_JSON_OBJECT: "an object"
        case SLUICE_JSON_ARRAY: "an array"
        case SLUICE_JSON_NOT_A_NUMBER: excerpt(of: field)
        default: "the number \(excerpt(of: field))"
        }
    }
}

extension PayloadFault {
    static func nul(in place: String) -> PayloadFault {
        PayloadFault(reason: .textContainsNUL, detail: "\(place) holds a NUL character, which PostgreSQL cannot store")
    }
}
