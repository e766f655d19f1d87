import Model
import Payload
import Testing

@Suite struct PresenceTests {
    private func presence(_ payload: String) -> ReadingBatch {
        decode(payload, topic: "devices/boiler-7/status")
    }

    @Test(arguments: ["online", " offline\n", "\"sleeping\"", "on battery"])
    func `a word is a status`(payload: String) {
        let batch = presence(payload)
        #expect(batch.count == 0)
        #expect(batch.deadLetters.isEmpty)
        let word = payload.split { "\" \n".contains($0) }.joined(separator: " ")
        #expect(
            batch.presence == [
                PresenceChange(
                    position: 0, partition: Partition(device: "boiler-7", of: .standard), device: "boiler-7",
                    status: word, at: arrival, attributes: nil)
            ])
    }

    @Test func `an object brings time and attributes`() {
        let batch = presence(
            #"{"status":"online","timestamp":1795377000,"location":{"lat":1.5},"metadata":{"fw":"2"},"battery":0.7,"x":null}"#
        )
        #expect(batch.presence.map(\.status) == ["online"])
        #expect(batch.presence.map(\.at) == [Timestamp(seconds: 1_795_377_000)])
        #expect(batch.presence.map(\.attributes) == [#"{"location":{"lat":1.5},"metadata":{"fw":"2"},"battery":0.7}"#])
    }

    @Test func `an object with nothing else has no attributes`() {
        #expect(presence(#"{"status":"offline"}"#).presence.map(\.attributes) == [nil])
    }

    @Test(arguments: [
        ("", DiscardReason.emptyPayload), ("  ", .emptyPayload), ("{}", .invalidPresence),
        (#"{"status":1}"#, .invalidPresence), (#"{"status":""}"#, .invalidPresence), ("[]", .invalidPresence),
        (#"[{"status":"online"}]"#, .invalidPresence), ("\u{1}", .invalidPresence), ("\u{0}", .textContainsNUL),
        (#"{"status":"a\u0000"}"#, .textContainsNUL), (#"{"status":"a","b":"\u0000"}"#, .textContainsNUL),
        (#"{"status":"a","b":NaN}"#, .invalidPresence), (#"{"status":"a","location":"x"}"#, .invalidLocation),
        (#"{"status":"online""#, .invalidJSON), (#"{"status":"a","timestamp":"x"}"#, .invalidTimestamp),
        (#"{"status":"a","timestamp":0}"#, .timestampOutOfRange), (String(repeating: "a", count: 65), .invalidPresence),
    ])
    func `a status that says nothing is a dead letter`(payload: String, reason: DiscardReason) {
        let batch = presence(payload)
        #expect(batch.presence.isEmpty)
        #expect(batch.deadLetters.map(\.reason) == [reason])
        #expect(batch.deadLetters.map(\.payload) == [Array(payload.utf8)])
        #expect(batch.deadLetters.map(\.topic) == ["devices/boiler-7/status"])
    }

    @Test func `a status that is not UTF-8 is a dead letter`() {
        let batch = decode([[0xff, 0xfe]], topic: "devices/boiler-7/status")
        #expect(batch.deadLetters.map(\.reason) == [.invalidUTF8])
    }
}
