import Model
import Testing

@testable import Webhooks

struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    private let now = Timestamp(seconds: 784_111_777)

    @Test func `seconds are seconds`() {
        #expect(RetryAfter.parse("120", now: now) == .seconds(120))
        #expect(RetryAfter.parse(" 0 ", now: now) == .zero)
    }

    @Test func `a date is the time until then`() {
        #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:50:07 GMT", now: now) == .seconds(30))
        #expect(RetryAfter.parse("Mon, 07 Nov 1994 08:49:37 GMT", now: now) == .seconds(86_400))
    }

    @Test func `a date that is over is no wait`() {
        #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:49:36 GMT", now: now) == .zero)
    }

    @Test func `a number of any length is a long time`() {
        #expect(RetryAfter.parse(String(repeating: "9", count: 400), now: now) == .seconds(315_360_000))
    }

    @Test(arguments: [
        "", "soon", "-5", "1.5", "5s", "Sun, 06 Nov 1994 25:00:00 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "٣",
    ])
    func `anything else is nothing`(text: String) {
        #expect(RetryAfter.parse(text, now: now) == nil)
    }
}
