import Foundation
import Testing

extension EndToEnd {
    /// 10,000 bad messages among 10,000 good ones: every good one stored, every bad one dead for its own reason.
    struct MalformedTests {
        @Test func `bad messages become dead letters with their reason and bytes, good ones are stored`() async throws {
            try await withStack { stack in
                let bad = MalformedPayload.messages(count: 10_000)
                var messages: [Publisher.Message] = []
                for (index, payload) in bad.enumerated() {
                    messages.append(.init(payload.topic, payload.bytes))
                    messages.append(
                        .init(
                            "sensors/good-\(index % 20)/level", #"{"value": \#(index), "metadata": {"n": \#(index)}}"#))
                }
                try await Publisher.publish(messages, to: stack)
                try await expectGoodStored(bad.count, on: stack)
                try await expectDead(bad, on: stack)
            }
        }

        private func expectGoodStored(_ count: Int, on stack: Stack) async throws {
            let stored = try await eventually(within: 120) {
                try await stack.number("select count(*) from readings where device_id like 'good-%'") >= count
            }
            let found = try await stack.query(
                "select count(*), count(distinct metadata->>'n'), count(*) filter (where device_id like 'good-%') from readings"
            )
            #expect(stored && found == "\(count)|\(count)|\(count)", "rows, distinct, good: \(found)")
        }

        private func expectDead(_ bad: [MalformedPayload], on stack: Stack) async throws {
            _ = try await eventually(within: 60) {
                try await stack.number("select count(*) from dead_letters") >= bad.count
            }
            let expected = Dictionary(grouping: bad, by: \.kind).mapValues(\.count)
            let found = try await stack.query(
                "select topic || ' ' || reason, count(*) from dead_letters group by 1 order by 1")
            var counts: [String: Int] = [:]
            for line in found.split(separator: "\n") {
                let columns = line.split(separator: "|")
                if columns.count == 2 { counts[String(columns[0])] = Int(columns[1]) }
            }
            #expect(counts == expected)
            let exact = try await stack.query(
                """
                select bool_and(octet_length(payload) = 1048576) from dead_letters where reason = 'payload_too_large'
                """)
            #expect(exact == "t", "the bytes of a large message are kept")
            let bytes = try await stack.query(
                "select distinct encode(payload, 'hex') from dead_letters where reason = 'invalid_utf8'")
            #expect(bytes == "7b2276616c7565223a20312c2022756e6974223a2022fffe227d")
        }
    }
}

/// One kind of bad message.
struct MalformedPayload {
    var topic: String
    var bytes: [UInt8]
    var reason: String
    /// How often it comes for each hundred of the others; the 1 MiB ones are few.
    var isRare = false

    /// Topic and reason together name the kind.
    var kind: String { topic + " " + reason }

    init(_ name: String, _ text: String, _ reason: String) {
        self.init(name, Array(text.utf8), reason)
    }

    init(_ name: String, _ bytes: [UInt8], _ reason: String, rare: Bool = false) {
        topic = name.contains("/") ? name : "sensors/bad/\(name)"
        self.bytes = bytes
        self.reason = reason
        isRare = rare
    }

    static func messages(count: Int) -> [MalformedPayload] {
        let rare = kinds.filter(\.isRare)
        let common = kinds.filter { !$0.isRare }
        return (0..<count).map { $0 % 1_000 == 999 ? rare[0] : common[$0 % common.count] }
    }

    static let kinds: [MalformedPayload] = [
        .init("empty", "", "empty_payload"),
        .init("utf8", Array(#"{"value": 1, "unit": ""#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8), "invalid_utf8"),
        .init("truncated", #"{"value": 21.4, "unit"#, "invalid_json"),
        .init("not-json", "temperature=21.4", "invalid_json"),
        .init("trailing", #"{"value": 1} {"value": 2}"#, "invalid_json"),
        .init("nan", #"{"value": NaN}"#, "value_not_a_number"),
        .init("infinity", #"{"value": -Infinity}"#, "value_not_a_number"),
        .init("huge-number", #"{"value": 1e400}"#, "number_out_of_range"),
        .init("boolean", #"{"value": true}"#, "value_not_a_number"),
        .init("text-value", #"{"value": "21.4"}"#, "value_not_a_number"),
        .init("null-value", #"{"value": null}"#, "value_not_a_number"),
        .init("no-value", #"{"unit": "C"}"#, "missing_value"),
        .init("deep", String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000), "nesting_too_deep"),
        .init(
            "large",
            Array(#"{"value": 1, "metadata": {"x": ""#.utf8)
                + [UInt8](repeating: 0x61, count: 1_048_576 - 35) + Array(#""}}"#.utf8), "payload_too_large", rare: true
        ),
        .init("nul-unit", #"{"value": 1, "unit": "a\u0000b"}"#, "text_contains_nul"),
        .init("nul-metadata", #"{"value": 1, "metadata": {"k": "a\u0000b"}}"#, "text_contains_nul"),
        .init("unit-number", #"{"value": 1, "unit": 7}"#, "invalid_unit"),
        .init("location-text", #"{"value": 1, "location": "roof"}"#, "invalid_location"),
        .init("location-word", #"{"value": 1, "location": {"lat": "north"}}"#, "invalid_location"),
        .init("metadata-list", #"{"value": 1, "metadata": [1]}"#, "invalid_metadata"),
        .init("readings-text", #"{"readings": "none"}"#, "missing_value"),
        .init("string", #""hello""#, "wrong_shape"),
        .init("time-word", #"{"value": 1, "timestamp": "yesterday"}"#, "invalid_timestamp"),
        .init("time-1970", #"{"value": 1, "timestamp": "1970-01-01T00:00:10Z"}"#, "timestamp_out_of_range"),
        .init("time-2106", #"{"value": 1, "timestamp": 4294967295}"#, "timestamp_out_of_range"),
        .init("sensors//temperature", #"{"value": 1}"#, "invalid_topic"),
        .init("sensors/dev/", #"{"value": 1}"#, "invalid_topic"),
        .init("devices/bad/status", #"{"state": 5}"#, "invalid_presence"),
    ]
}
