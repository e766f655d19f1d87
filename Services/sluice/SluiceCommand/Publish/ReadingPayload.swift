import Model

/// The JSON of one message: an object for one reading, an array for more.
struct ReadingPayload {
    private var text: [UInt8] = []
    private var count = 0

    /// - Parameter number: goes to `metadata.n`, for tests that count.
    mutating func append(value: Double, unit: String, timestamp: Timestamp, number: Int? = nil) {
        if count > 0 { text.append(UInt8(ascii: ",")) }
        count += 1
        text.append(contentsOf: "{\"value\":\(value)".utf8)
        if !unit.isEmpty { text.append(contentsOf: ",\"unit\":\(JSONString.quoted(unit))".utf8) }
        text.append(contentsOf: ",\"timestamp\":\"\(timestamp.iso8601)\"".utf8)
        if let number { text.append(contentsOf: ",\"metadata\":{\"n\":\(number)}".utf8) }
        text.append(UInt8(ascii: "}"))
    }

    var bytes: [UInt8] {
        count == 1 ? text : [UInt8(ascii: "[")] + text + [UInt8(ascii: "]")]
    }
}

/// Text as JSON writes it.
enum JSONString {
    static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case let control where control.value < 0x20:
                "\\u00\(control.value < 16 ? "0" : "")\(String(control.value, radix: 16))"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
