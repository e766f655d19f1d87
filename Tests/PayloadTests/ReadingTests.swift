import Model
import Payload
import Testing

@Suite struct ReadingTests {
    @Test func `an object is one reading with all its fields`() {
        let batch = decode(
            #" {"value": 21.4, "unit": "°C", "timestamp": "2026-11-22T19:59:59.5Z", "location": {"lat": 48.1, "lon": -11}, "metadata": {"fw": "1.2", "tags": ["a", null]}, "colour": "red"} "#
        )
        #expect(batch.deadLetters.isEmpty)
        #expect(batch.value == [21.4])
        #expect(batch.series.map(\.unit) == ["°C"])
        #expect(batch.timestamp == [1_795_377_599_500_000])
        #expect(batch.receivedAt == [arrival.microseconds])
        #expect(batch.locations == [SparseText(row: 0, text: #"{"lat": 48.1, "lon": -11}"#)])
        #expect(batch.metadata == [SparseText(row: 0, text: #"{"fw": "1.2", "tags": ["a", null]}"#)])
        #expect(batch.flags.isEmpty)
        #expect(batch.quality.isEmpty)
    }

    @Test(arguments: [
        #"{"value":1}"#, #"{"value":1,"unit":null,"timestamp":null,"location":null,"metadata":null}"#,
        #"{"value":1,"unit":"","location":{},"metadata":{ }}"#,
    ])
    func `only the value is required, null and empty count as absent`(payload: String) {
        let batch = decode(payload)
        #expect(batch.value == [1])
        #expect(batch.timestamp == [arrival.microseconds])
        #expect(batch.series.map(\.unit) == [""])
        #expect(batch.locations.isEmpty)
        #expect(batch.metadata.isEmpty)
    }

    @Test(arguments: [
        #"[{"value":1},{"value":2,"unit":"C"},{"value":3}]"#,
        #"{"readings":[{"value":1},{"value":2,"unit":"C"},{"value":3}]}"#,
        #"{"gateway":{"id":[7]},"value":9,"readings":[{"value":1},{"value":2,"unit":"C"},{"value":3}],"unit":"F"}"#,
    ])
    func `an array and an envelope are many readings`(payload: String) {
        let batch = decode(payload)
        #expect(batch.deadLetters.isEmpty)
        #expect(batch.value == [1, 2, 3])
        #expect(batch.position == [0, 1, 2])
        #expect(batch.series.map(\.unit) == ["", "C"])
        #expect(batch.seriesIndex == [0, 1, 0])
    }

    @Test(arguments: ["[]", #"{"readings":[]}"#, " [ ] "])
    func `an array of nothing is nothing`(payload: String) {
        #expect(decode(payload).isEmpty)
    }

    @Test(arguments: [
        ("0", 0.0), ("-0.0", -0.0), ("-0", -0.0), ("1e-400", 0), ("9007199254740993", 9_007_199_254_740_992),
        ("18446744073709551616", 18_446_744_073_709_551_616), ("1.7976931348623157e308", .greatestFiniteMagnitude),
        ("5e-324", .leastNonzeroMagnitude), ("-273.15", -273.15), ("1E+2", 100), ("0.1", 0.1),
        ("123456789012345678901234567890", 1.2345678901234568e29),
    ])
    func `a number becomes the nearest double`(text: String, expected: Double) {
        let batch = decode(#"{"value":\#(text)}"#)
        #expect(batch.value.map(\.bitPattern) == [expected.bitPattern])
    }

    @Test func `the last of a repeated key counts`() {
        let batch = decode(#"{"value":1,"unit":"C","value":2,"unit":"F"}"#)
        #expect(batch.value == [2])
        #expect(batch.series.map(\.unit) == ["F"])
    }

    @Test func `escapes in keys and units are understood`() {
        let batch = decode(#"{"\u0076alue":1,"unit":"\u00b0C \"x\" \ud83c\udf21"}"#)
        #expect(batch.value == [1])
        #expect(batch.series.map(\.unit) == ["°C \"x\" 🌡"])
    }

    @Test func `a byte order mark is passed over`() {
        #expect(decode([[0xef, 0xbb, 0xbf] + Array(#"{"value":1}"#.utf8)]).value == [1])
    }

    @Test func `32 levels are taken`() {
        let metadata = String(repeating: #"{"a":"#, count: 31) + "1" + String(repeating: "}", count: 31)
        #expect(decode(#"{"value":1,"metadata":\#(metadata)}"#).metadata.map(\.text) == [metadata])
    }

    @Test func `retained and duplicate deliveries keep their flags`() {
        let payload = Array(#"[{"value":1},{"value":2}]"#.utf8)
        let batch = decode([payload], flags: [.retained, .duplicate])
        #expect(batch.flags.map(\.row) == [0, 1])
        #expect(batch.flags.allSatisfy { $0.flags == [.retained, .duplicate] })
    }

    @Test func `a bare number is a reading where the rules say so`() {
        var rules = PayloadRules.standard
        rules.bareNumbers = .accept
        #expect(decode(" 21.4\n", rules: rules).value == [21.4])
        #expect(decode("-7", rules: rules).value == [-7])
        #expect(decode("[1,2]", rules: rules).value == [1, 2])
        #expect(decode("1e400", rules: rules).deadLetters.map(\.reason) == [.wrongShape])
        #expect(decode("true", rules: rules).deadLetters.map(\.reason) == [.wrongShape])
    }

    @Test func `the limits are the configured ones`() {
        var rules = PayloadRules.standard
        rules.sizeLimit = 11
        rules.depthLimit = 1
        #expect(decode(#"{"value":1}"#, rules: rules).count == 1)
        #expect(decode(#"{"value":12}"#, rules: rules).deadLetters.map(\.reason) == [.payloadTooLarge])
        #expect(decode(#"{"a":[]}"#, rules: rules).deadLetters.map(\.reason) == [.nestingTooDeep])
    }

    @Test func `a reading that is published again comes back as it was`() throws {
        var random = SplitMix64(seed: 5)
        let decoder = PayloadDecoder()
        for _ in 0..<2_000 {
            var batch = ReadingBatch(identity: BatchIdentity(producer: "", sequence: 0))
            batch.series = [
                Series(
                    device: "d\"é", sensor: "s", unit: ["", "°C", "\"\\\n", "%"].randomElement(using: &random)!,
                    partition: Partition(device: "d\"é", of: .standard))
            ]
            batch.appendReading(
                seriesIndex: 0, timestamp: .random(in: 946_684_800_000_000...arrival.microseconds, using: &random),
                value: randomFinite(&random), receivedAt: arrival.microseconds, position: 0)
            if Bool.random(using: &random) { batch.locations = [SparseText(row: 0, text: #"{"x":1.5,"y":-2}"#)] }
            if Bool.random(using: &random) { batch.metadata = [SparseText(row: 0, text: #"{"a":{"b":[1,"é"]}}"#)] }
            var builder = BatchBuilder()
            decoder.decode(topic: batch.topic(ofRow: 0), payload: batch.json(ofRow: 0).bytes, into: &builder)
            #expect(builder.finish(identity: batch.identity) == batch)
        }
    }

    private func randomFinite(_ random: inout SplitMix64) -> Double {
        while true {
            let number = Double(bitPattern: random.next())
            if number.isFinite { return number }
        }
    }
}
