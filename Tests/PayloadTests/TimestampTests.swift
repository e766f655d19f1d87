import Model
import Payload
import Testing

@Suite struct TimestampTests {
    private func time(_ json: String) -> Int64? {
        decode(#"{"value":1,"timestamp":\#(json)}"#).timestamp.first
    }

    @Test func `ISO 8601 is read as Python reads it`() {
        for row in TimestampGolden.rows {
            #expect(time("\"\(row.text)\"") == row.microseconds, "\(row.text)")
        }
    }

    @Test(
        arguments: [
            ("1795377600", 1_795_377_600_000_000), ("1795377600000", 1_795_377_600_000_000),
            ("1795377600000000", 1_795_377_600_000_000), ("1795377600000000000", 1_795_377_600_000_000),
            ("1795377600.123456", 1_795_377_600_123_456), ("1795377600000.5", 1_795_377_600_000_500),
            ("1795377600123456.7", 1_795_377_600_123_457), ("1795377600123456999", 1_795_377_600_123_456),
            ("1.7953776e9", 1_795_377_600_000_000), ("946684800", 946_684_800_000_000),
            ("\"1795377600\"", 1_795_377_600_000_000), ("\"1795377600.25\"", 1_795_377_600_250_000),
            ("\"1795377600000\"", 1_795_377_600_000_000),
        ] as [(String, Int64)])
    func `a Unix time tells its unit by its size`(json: String, expected: Int64) {
        #expect(time(json) == expected)
    }

    @Test(
        arguments: [
            ("2026-11-22T20:00:49.123456789Z", 49_123_456), ("2026-11-22t20:00:49z", 49_000_000),
            ("2026-11-22T20:00:60Z", 60_000_000), ("2026-11-22T21:30:01+01:30", 1_000_000),
        ] as [(String, Int64)])
    func `what Python does not take is read too`(text: String, sinceEight: Int64) {
        #expect(time("\"\(text)\"") == 1_795_377_600_000_000 + sinceEight)
    }

    @Test(arguments: [
        "2026-11-22T", "2026-11-22T20", "2026-11-22T20:00:49.", "2026-11-22T20:00:49+", "2026-11-22T20:00:49+1",
        "2026-11-22T20:00:49Zulu", "2026-11-22T20:60:00Z", "2026-11-22T20:00:61Z", "2026-1-2", "20261122",
        "2026-11-22T20:00:49+24:00", "2023-02-29", "1795377600s", "-1795377600", "2026-11-22T20:00:4９Z",
    ])
    func `text that is almost a time is an invalid timestamp`(text: String) {
        let batch = decode(#"{"value":1,"timestamp":"\#(text)"}"#)
        #expect(batch.deadLetters.map(\.reason) == [.invalidTimestamp])
    }

    @Test func `the range goes from 2000 until a day after the arrival, both included`() {
        #expect(time("1795464000") == 1_795_464_000_000_000)
        #expect(time("1795464000.000001") == nil)
        #expect(time("946684799.999999") == nil)
        var rules = PayloadRules.standard
        rules.earliest = Timestamp(seconds: 0)
        rules.clockSkew = .seconds(5)
        #expect(decode(#"{"value":1,"timestamp":0}"#, rules: rules).timestamp == [0])
        #expect(decode(#"{"value":1,"timestamp":1795377606}"#, rules: rules).deadLetters.count == 1)
    }
}
