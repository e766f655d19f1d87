import Model

/// The JSON of one message: an object for one reading, an array for more.
struct ReadingPayload {
    private var json = JSONText()
    private var count = 0

    /// - Parameter number: goes to `metadata.n`, for tests that count.
    mutating func append(value: Double, unit: String, timestamp: Timestamp, number: Int? = nil) {
        count += 1
        json.beginObject()
        json.key("value")
        json.number(value)
        if !unit.isEmpty {
            json.key("unit")
            json.string(unit)
        }
        json.key("timestamp")
        json.string(timestamp.iso8601)
        if let number {
            json.key("metadata")
            json.beginObject()
            json.key("n")
            json.number(Int64(number))
            json.endObject()
        }
        json.endObject()
    }

    var bytes: [UInt8] {
        count == 1 ? json.bytes : [UInt8(ascii: "[")] + json.bytes + [UInt8(ascii: "]")]
    }
}
