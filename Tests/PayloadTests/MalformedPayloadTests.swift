import Model
import Payload
import Testing

/// A payload that cannot be stored, and why.
struct Malformed: CustomTestStringConvertible, Sendable {
    var kind: String
    var payload: [UInt8]
    var reason: DiscardReason

    init(_ kind: String, _ payload: String, _ reason: DiscardReason) {
        self.init(kind, Array(payload.utf8), reason)
    }

    init(_ kind: String, _ payload: [UInt8], _ reason: DiscardReason) {
        self.kind = kind
        self.payload = payload
        self.reason = reason
    }

    var testDescription: String { kind }

    /// Faults of the message as such.
    static let messages: [Malformed] = [
        Malformed("nothing at all", "", .emptyPayload),
        Malformed("white space", " \n\t", .emptyPayload),
        Malformed(
            "bytes that are not UTF-8", Array(#"{"value":1,"unit":""#.utf8) + [0xff] + Array(#""}"#.utf8), .invalidUTF8),
        Malformed(
            "an overlong UTF-8 form", Array(#"{"value":1,"unit":""#.utf8) + [0xc0, 0xaf] + Array(#""}"#.utf8),
            .invalidUTF8),
        Malformed("a UTF-8 sequence cut off", Array(#"{"value":1,"unit":""#.utf8) + [0xe2, 0x82], .invalidUTF8),
        Malformed(
            "a raw NUL in a string", Array(#"{"value":1,"unit":"C"#.utf8) + [0] + Array(#""}"#.utf8), .textContainsNUL),
        Malformed("a raw NUL behind the object", Array(#"{"value":1}"#.utf8) + [0], .textContainsNUL),
        Malformed("an object cut off in the value", #"{"value":21."#, .invalidJSON),
        Malformed("an object cut off in a string", #"{"value":21.4,"unit":"C"#, .invalidJSON),
        Malformed("an object not closed", #"{"value":21.4"#, .invalidJSON),
        Malformed("an array not closed", #"[{"value":21.4},{"value":3}"#, .invalidJSON),
        Malformed("an array cut off in its second reading", #"[{"value":21.4},{"val"#, .invalidJSON),
        Malformed("a missing comma", #"{"value":21.4 "unit":"C"}"#, .invalidJSON),
        Malformed("a trailing comma", #"{"value":21.4,}"#, .invalidJSON),
        Malformed("a missing colon", #"{"value" 21.4}"#, .invalidJSON),
        Malformed("single quotes", "{'value':21.4}", .invalidJSON),
        Malformed("a key without quotes", "{value:21.4}", .invalidJSON),
        Malformed("text behind the object", #"{"value":21.4} thanks"#, .invalidJSON),
        Malformed("two objects", #"{"value":21.4}{"value":21.5}"#, .invalidJSON),
        Malformed("an object closed as an array", #"{"value":21.4]"#, .invalidJSON),
        Malformed("a number with a leading zero", #"{"value":021}"#, .invalidJSON),
        Malformed("a number with two points", #"{"value":1.2.3}"#, .invalidJSON),
        Malformed("a number with a leading point", #"{"value":.5}"#, .invalidJSON),
        Malformed("a number with a plus sign", #"{"value":+5}"#, .invalidJSON),
        Malformed("a hexadecimal number", #"{"value":0x1F}"#, .invalidJSON),
        Malformed("a decimal comma", #"{"value":21,4}"#, .invalidJSON),
        Malformed("a misspelt literal", #"{"value":1,"x":nul}"#, .invalidJSON),
        Malformed("a Python literal", #"{"value":True}"#, .invalidJSON),
        Malformed("a fault deep in an unknown field", #"{"value":1,"x":{"y":[1,{"z":tru}]}}"#, .invalidJSON),
        Malformed("a broken escape", #"{"value":1,"unit":"\q"}"#, .invalidJSON),
        Malformed("a lone surrogate", #"{"value":1,"unit":"\ud800"}"#, .invalidJSON),
        Malformed("a lone surrogate in a key of the metadata", #"{"value":1,"metadata":{"\ud800":1}}"#, .invalidJSON),
        Malformed("a control character in a string", "{\"value\":1,\"unit\":\"a\u{1}\"}", .invalidJSON),
        Malformed("a line break in a string", "{\"value\":1,\"unit\":\"a\n\"}", .invalidJSON),
        Malformed("words", "sensor failure", .invalidJSON),
        Malformed("XML", "<value>21.4</value>", .invalidJSON),
        Malformed("CSV", "2026-11-22,21.4", .invalidJSON),
        Malformed("MessagePack", [0x81, 0xa5, 0x76, 0x61, 0x6c, 0x75, 0x65, 0x15], .invalidUTF8),
        Malformed("nested arrays", String(repeating: "[", count: 100_000), .nestingTooDeep),
        Malformed("deep metadata", #"{"value":1,"metadata":"# + deep(40) + "}", .nestingTooDeep),
        Malformed("deep unknown field", #"{"x":"# + deep(33) + #","value":1}"#, .nestingTooDeep),
        Malformed(
            "a mebibyte", #"{"value":1,"metadata":{"a":""# + String(repeating: "x", count: 1 << 20) + "\"}}",
            .payloadTooLarge),
        Malformed("a bare number", "21.4", .wrongShape),
        Malformed("a bare text", #""21.4""#, .wrongShape),
        Malformed("a bare boolean", "true", .wrongShape),
        Malformed("a bare null", "null", .wrongShape),
        Malformed("a bare NaN", "NaN", .wrongShape),
        Malformed("an array in an array", #"[[{"value":1}]]"#, .wrongShape),
        Malformed("an array of numbers", "[21.4]", .wrongShape),
    ]

    /// Faults of one reading, whatever stands around it.
    static let readings: [Malformed] = [
        Malformed("an empty object", "{}", .missingValue),
        Malformed("another key", #"{"val":21.4}"#, .missingValue),
        Malformed("a key in another case", #"{"Value":21.4}"#, .missingValue),
        Malformed("null", #"{"value":null}"#, .valueNotANumber),
        Malformed("true", #"{"value":true}"#, .valueNotANumber),
        Malformed("false", #"{"value":false}"#, .valueNotANumber),
        Malformed("a number as text", #"{"value":"21.4"}"#, .valueNotANumber),
        Malformed("empty text", #"{"value":""}"#, .valueNotANumber),
        Malformed("an array", #"{"value":[21.4]}"#, .valueNotANumber),
        Malformed("an object", #"{"value":{"value":21.4}}"#, .valueNotANumber),
        Malformed("NaN", #"{"value":NaN}"#, .valueNotANumber),
        Malformed("nan", #"{"value": nan }"#, .valueNotANumber),
        Malformed("Infinity", #"{"value":Infinity}"#, .valueNotANumber),
        Malformed("-Infinity", #"{"value":-Infinity,"unit":"C"}"#, .valueNotANumber),
        Malformed("NaN as text", #"{"value":"NaN"}"#, .valueNotANumber),
        Malformed("1e400", #"{"value":1e400}"#, .numberOutOfRange),
        Malformed("-1e400", #"{"value":-1e400}"#, .numberOutOfRange),
        Malformed("400 digits", #"{"value":"# + String(repeating: "9", count: 400) + "}", .numberOutOfRange),
        Malformed("a unit that is a number", #"{"value":1,"unit":7}"#, .invalidUnit),
        Malformed(
            "a unit of 65 bytes", #"{"value":1,"unit":""# + String(repeating: "u", count: 65) + "\"}", .invalidUnit),
        Malformed("an escaped NUL in the unit", #"{"value":1,"unit":"\u0000"}"#, .textContainsNUL),
        Malformed("an escaped NUL in metadata", #"{"value":1,"metadata":{"a":["x\u0000"]}}"#, .textContainsNUL),
        Malformed(
            "an escaped NUL in a key of the metadata", #"{"value":1,"metadata":{"a":{"\u0000":1}}}"#, .textContainsNUL),
        Malformed("an escaped NUL in a key of the location", #"{"value":1,"location":{"\u0000":1}}"#, .textContainsNUL),
        Malformed("an escaped NUL in the timestamp", #"{"value":1,"timestamp":"2026\u0000"}"#, .textContainsNUL),
        Malformed("a location of text", #"{"value":1,"location":"kitchen"}"#, .invalidLocation),
        Malformed("a location as an array", #"{"value":1,"location":[48.1,11.5]}"#, .invalidLocation),
        Malformed("a location with text in it", #"{"value":1,"location":{"lat":"48.1"}}"#, .invalidLocation),
        Malformed("a location with NaN", #"{"value":1,"location":{"lat":NaN}}"#, .invalidLocation),
        Malformed("a location with an object", #"{"value":1,"location":{"lat":{"deg":1}}}"#, .invalidLocation),
        Malformed("metadata as text", #"{"value":1,"metadata":"x"}"#, .invalidMetadata),
        Malformed("metadata as an array", #"{"value":1,"metadata":[1]}"#, .invalidMetadata),
        Malformed("metadata with NaN", #"{"value":1,"metadata":{"a":[NaN]}}"#, .invalidMetadata),
        Malformed("metadata with 1e400", #"{"value":1,"metadata":{"a":1e400}}"#, .invalidMetadata),
        Malformed("a timestamp in words", #"{"value":1,"timestamp":"yesterday"}"#, .invalidTimestamp),
        Malformed("an empty timestamp", #"{"value":1,"timestamp":""}"#, .invalidTimestamp),
        Malformed("a boolean timestamp", #"{"value":1,"timestamp":true}"#, .invalidTimestamp),
        Malformed("a timestamp object", #"{"value":1,"timestamp":{"s":1}}"#, .invalidTimestamp),
        Malformed("a timestamp NaN", #"{"value":1,"timestamp":NaN}"#, .invalidTimestamp),
        Malformed("the 30th of February", #"{"value":1,"timestamp":"2026-02-30T00:00:00Z"}"#, .invalidTimestamp),
        Malformed("the 13th month", #"{"value":1,"timestamp":"2026-13-01T00:00:00Z"}"#, .invalidTimestamp),
        Malformed("hour 24", #"{"value":1,"timestamp":"2026-11-22T24:00:00Z"}"#, .invalidTimestamp),
        Malformed("an American date", #"{"value":1,"timestamp":"11/22/2026 8:00 PM"}"#, .invalidTimestamp),
        Malformed("Unix time 0", #"{"value":1,"timestamp":0}"#, .timestampOutOfRange),
        Malformed("1970 as text", #"{"value":1,"timestamp":"1970-01-01T00:00:00Z"}"#, .timestampOutOfRange),
        Malformed("the last second of 1999", #"{"value":1,"timestamp":946684799}"#, .timestampOutOfRange),
        Malformed("2106", #"{"value":1,"timestamp":4294967295}"#, .timestampOutOfRange),
        Malformed("2106 in nanoseconds", #"{"value":1,"timestamp":4294967295000000000}"#, .timestampOutOfRange),
        Malformed("more than a day ahead", #"{"value":1,"timestamp":1795464001}"#, .timestampOutOfRange),
        Malformed("a negative time", #"{"value":1,"timestamp":-1795377600}"#, .timestampOutOfRange),
        Malformed("a time that no double holds", #"{"value":1,"timestamp":1e400}"#, .timestampOutOfRange),
        Malformed(
            "a time of 30 digits", #"{"value":1,"timestamp":"# + String(repeating: "9", count: 30) + "}",
            .timestampOutOfRange),
    ]

    private static func deep(_ levels: Int) -> String {
        String(repeating: #"{"a":"#, count: levels) + "1" + String(repeating: "}", count: levels)
    }
}

@Suite struct MalformedPayloadTests {
    @Test(arguments: Malformed.messages + Malformed.readings)
    func `a malformed payload is one dead letter with its reason and its bytes`(malformed: Malformed) throws {
        let batch = decode([malformed.payload])
        #expect(batch.count == 0)
        #expect(batch.deadLetters.count == 1)
        let letter = try #require(batch.deadLetters.first)
        #expect(letter.reason == malformed.reason, "\(letter.detail)")
        if malformed.payload.first != UInt8(ascii: "[") { #expect(letter.payload == malformed.payload) }
        #expect(letter.topic == "sensors/boiler-7/temperature")
        #expect(letter.partition == Partition(device: "boiler-7", of: .standard))
        #expect(letter.receivedAt == arrival)
        #expect(letter.stage == "mqtt-ingest")
        #expect(!letter.detail.isEmpty && letter.detail.utf8.count < 300)
        #expect(!letter.detail.utf8.contains(0))
    }

    @Test(arguments: Malformed.readings, [("[", "]"), (#"{"gateway":"g","readings": ["#, #" ] ,"sent":1}"#)])
    func `one bad reading of many is buried alone and the good ones are kept`(
        malformed: Malformed, wrapping: (String, String)
    ) throws {
        let payload =
            Array(#"\#(wrapping.0){"value":1} , "#.utf8) + malformed.payload
            + Array(#" ,{"value":2}\#(wrapping.1)"#.utf8)
        let batch = decode([payload])
        #expect(batch.value == [1, 2])
        #expect(batch.position == [0, 2])
        let letter = try #require(batch.deadLetters.first)
        #expect(batch.deadLetters.count == 1)
        #expect(letter.reason == malformed.reason)
        #expect(letter.payload == malformed.payload)
        #expect(letter.position == 1)
    }

    @Test(arguments: Malformed.messages)
    func `a malformed message does not touch the ones around it`(malformed: Malformed) {
        let good = Array(#"{"value":1}"#.utf8)
        let batch = decode([good, malformed.payload, good])
        #expect(batch.value == [1, 1])
        #expect(batch.deadLetters.count == 1)
    }

    @Test(arguments: Malformed.readings)
    func `a bad reading is found bad again when it is replayed`(malformed: Malformed) throws {
        let first = decode([Array("[{\"value\":0},".utf8) + malformed.payload + Array("]".utf8)])
        let again = decode([try #require(first.deadLetters.first).payload])
        #expect(again.deadLetters.map(\.reason) == [malformed.reason])
        #expect(again.deadLetters.map(\.payload) == [malformed.payload])
    }

    @Test func `a message of very many bad readings becomes few dead letters that hold all of them`() {
        let elements = (0..<30_000).map { $0 % 3 == 0 ? "{}" : $0 % 3 == 1 ? #"{"value":true}"# : #"{"value":\#($0)}"# }
        let payload = Array("[\(elements.joined(separator: ","))]".utf8)
        var rules = PayloadRules.standard
        rules.sizeLimit = 1 << 20
        let batch = decode([payload], rules: rules)
        #expect(batch.count == 10_000)
        #expect(batch.deadLetters.count == PayloadRules.lettersPerMessage + 2)
        #expect(Set(batch.deadLetters.map(\.position)).isDisjoint(with: batch.position))
        #expect(batch.deadLetters.last?.detail.hasPrefix("9950 more readings of a message with many") == true)
        let again = decode(batch.deadLetters.map(\.payload), rules: rules)
        #expect(again.count == 0)
        let bytes = again.deadLetters.map { String(decoding: $0.payload, as: UTF8.self) }.joined(separator: ",")
        #expect(bytes.split(separator: "}").count >= 20_000)
    }

    @Test func `a huge payload is kept only as far as a batch can carry it`() throws {
        let payload = [UInt8](repeating: UInt8(ascii: "x"), count: PayloadRules.keptBytes + 1)
        let letter = try #require(decode([payload]).deadLetters.first)
        #expect(letter.reason == .payloadTooLarge)
        #expect(letter.payload.count == PayloadRules.keptBytes)
        #expect(letter.detail.hasSuffix("only the first 8388608 of 8388609 bytes are kept"))
    }

    @Test func `every proper beginning of a payload is a dead letter`() {
        let whole = Array(
            #"{"readings":[{"value":-1.5e3,"unit":"°C","timestamp":"2026-11-22T20:00:00Z","location":{"x":1},"metadata":{"a":[null,true,"é"]}}]}"#
                .utf8)
        for length in 0..<whole.count {
            let batch = decode([Array(whole[..<length])])
            #expect(batch.count == 0)
            #expect(batch.deadLetters.map(\.payload) == [Array(whole[..<length])])
        }
        #expect(decode([whole]).count == 1)
    }

    @Test func `bytes at random never trap and never get lost`() {
        var random = SplitMix64(seed: 11)
        let seed = Array(
            #"[{"value":1.5,"unit":"C","timestamp":1795377600,"metadata":{"a":"\u00e9"}},{"value":2}]"#.utf8)
        for _ in 0..<20_000 {
            var payload = seed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                payload[Int.random(in: 0..<payload.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let batch = decode([payload])
            #expect(batch.count + batch.deadLetters.count == 2 || batch.deadLetters.count == 1)
        }
    }
}
