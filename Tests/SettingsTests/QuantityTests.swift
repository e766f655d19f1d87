import Settings
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        ("5s", Duration.seconds(5)), ("250ms", .milliseconds(250)), ("1h30m", .seconds(5_400)),
        ("7d", .seconds(604_800)),
        ("1.5s", .milliseconds(1_500)), ("0", .zero), ("10us", .microseconds(10)), ("1w", .seconds(604_800)),
    ])
    func `durations are read`(text: String, expected: Duration) {
        #expect(DurationText.parse(text) == expected)
    }

    @Test(arguments: ["", "5", "s", "5 s", "-5s", "5x", "1h-3m", "5s3", "99999999999999d", "٣s"])
    func `what is no duration is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: ["0s", "5s", "250ms", "1h30m", "1w", "1d2h3m4s5ms6µs7ns"])
    func `durations are written as they are read`(text: String) throws {
        #expect(DurationText.format(try #require(DurationText.parse(text))) == text.replacing("1w", with: "7d"))
    }

    @Test(arguments: [
        ("64MiB", 64 << 20), ("1MB", 1_000_000), ("1.5KiB", 1_536), ("512", 512), ("0B", 0), ("2GiB", 2 << 30),
        ("1_000kB", 1_000_000),
    ])
    func `sizes are read`(text: String, expected: Int) {
        #expect(ByteCount(text)?.bytes == expected)
    }

    @Test(arguments: ["", "MiB", "-1B", "64M", "1e3B", "9999999TiB", "0x10"])
    func `what is no size is refused`(text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test func `sizes are written in the largest exact unit`() {
        #expect(ByteCount.mebibytes(64).description == "64MiB")
        #expect(ByteCount(1_500).description == "1500B")
        #expect(ByteCount(0).description == "0B")
    }
}
