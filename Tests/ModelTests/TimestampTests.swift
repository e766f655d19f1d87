import Model
import Testing

struct TimestampTests {
    /// A peer may send them; found by fuzzing.
    @Test func `the first and the last time that there are trap nobody`() {
        let (first, last) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
        #expect(first.iso8601.hasSuffix("T19:59:05.224192Z"))
        #expect(last.iso8601 == "4247-01-10T04:00:54.775807Z")
        #expect(last.advanced(by: .seconds(1)) == last && first.advanced(by: .seconds(-1)) == first)
        #expect(last.since(first) == .microseconds(Int64.max) - .microseconds(Int64.min))
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1_332_633_660_123_456, "2012-03-25T00:01:00.123456Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (4_294_967_295_000_000, "2106-02-07T06:28:15.000000Z"),
    ])
    func `a timestamp prints as ISO 8601 with six decimals`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).iso8601 == text)
    }

    @Test(arguments: [0, 1_332_633_660_123_456, 951_782_400_000_000, -1, 4_294_967_295_000_000])
    func `a printed timestamp reads back as itself`(microseconds: Int64) {
        let time = Timestamp(microseconds: microseconds)
        #expect(Timestamp(iso8601: time.iso8601) == time)
    }

    @Test(arguments: [
        ("2012-03-25T00:01:00Z", 0), ("2012-03-25T00:01:00.5Z", 500_000), ("2012-03-25T00:01:00.12345Z", 123_450),
    ])
    func `a fraction may be shorter`(text: String, microseconds: Int64) throws {
        let whole = try #require(Timestamp(iso8601: "2012-03-25T00:01:00.000000Z"))
        #expect(Timestamp(iso8601: text)?.microseconds == whole.microseconds + microseconds)
    }

    @Test(arguments: [
        "2012-03-25T00:01:00.Z", "2012-03-25T00:01:00", "2012-03-25T00:01:00.1234567Z", "2012-03-25T00:01:00+01:00",
        "", "2012-03-25", "2012-02-30T00:00:00.000000Z", "2012-03-25T24:00:00.000000Z", "2012-03-25 00:01:00.123456Z",
    ])
    func `what is not printed by us does not read`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `every day of four centuries survives the way there and back`() {
        for day in Int64(-60_000)...90_000 {
            #expect(CivilDate(daysSinceEpoch: day).daysSinceEpoch == day)
        }
    }
}
