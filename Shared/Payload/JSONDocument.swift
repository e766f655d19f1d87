internal import CSimdjson
private import Model

#if canImport(Glibc)
    private import Glibc
#endif

/// A parser with its buffers, used for one payload after the other.
final class JSONParser {
    private let handle: OpaquePointer

    init() {
        guard let handle = sluice_json_parser_create() else { preconditionFailure("no memory for a JSON parser") }
        self.handle = handle
    }

    deinit {
        sluice_json_parser_destroy(handle)
    }

    /// The document lives until the next call.
    ///
    /// - Throws: for what is not JSON from its first to its last byte. NaN and infinities pass, as values that are no
    ///   numbers, so that they cost only the reading that they are in.
    ///
    /// - Parameter envelope: the key whose array holds the items, when the root is an object with it.
    func parse(
        _ payload: UnsafeRawBufferPointer, envelope: StaticString?, depthLimit: Int
    ) throws(PayloadFault) -> JSONDocument {
        let document = sluice_json_parse(
            handle, payload.baseAddress?.assumingMemoryBound(to: CChar.self), payload.count,
            envelope.map { UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self) }, UInt32(depthLimit))
        guard document.outcome == SLUICE_JSON_OK else { throw Self.fault(document, depthLimit) }
        return JSONDocument(
            items: UnsafeBufferPointer(start: document.items, count: Int(document.item_count)),
            fields: document.fields, payload: payload)
    }

    private static func fault(_ document: sluice_json_document, _ depthLimit: Int) -> PayloadFault {
        switch document.outcome {
        case SLUICE_JSON_EMPTY:
            PayloadFault(reason: .emptyPayload, detail: "the payload is empty")
        case SLUICE_JSON_INVALID_UTF8:
            PayloadFault(reason: .invalidUTF8, detail: "the payload is not UTF-8")
        case SLUICE_JSON_TOO_DEEP:
            PayloadFault(reason: .nestingTooDeep, detail: "nested deeper than \(depthLimit) levels")
        default:
            PayloadFault(
                reason: .invalidJSON,
                detail: "not JSON: " + (document.message.map { String(cString: $0) } ?? "cannot be parsed"))
        }
    }
}

/// A parsed payload, flattened: the root object, or the elements of the array of readings, and their fields.
struct JSONDocument {
    let items: UnsafeBufferPointer<sluice_json_item>
    let fields: UnsafePointer<sluice_json_field>?
    let payload: UnsafeRawBufferPointer

    func fields(of item: sluice_json_item) -> UnsafeBufferPointer<sluice_json_field> {
        UnsafeBufferPointer(start: fields.map { $0 + Int(item.first_field) }, count: Int(item.field_count))
    }

    /// The value's own bytes.
    func bytes(of value: sluice_json_field) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: payload[Int(value.offset)..<Int(value.offset + value.length)])
    }

    /// The value's own bytes as text.
    func json(of value: sluice_json_field) -> String {
        String(decoding: bytes(of: value), as: UTF8.self)
    }

    /// The start of the value as it is written, for a detail that people read.
    func excerpt(of value: sluice_json_field) -> String {
        let bytes = bytes(of: value)
        return bytes.count <= 48 ? json(of: value) : String(decoding: bytes.prefix(45), as: UTF8.self) + "…"
    }
}

extension sluice_json_field {
    var holdsNUL: Bool { Int(flags) & SLUICE_JSON_HOLDS_NUL != 0 }
    var holdsBadNumber: Bool { Int(flags) & SLUICE_JSON_HOLDS_BAD_NUMBER != 0 }
    var holdsOnlyNumbers: Bool { Int(flags) & SLUICE_JSON_ONLY_NUMBERS != 0 }

    /// The unescaped text of a string.
    var string: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: text, count: Int(text_length)) }

    var keyBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: key, count: Int(key_length)) }

    /// Whether the key is this one; no text is made.
    func isNamed(_ name: StaticString) -> Bool {
        Int(key_length) == name.utf8CodeUnitCount && memcmp(key, name.utf8Start, name.utf8CodeUnitCount) == 0
    }
}
