import Testing

@testable import Redis

struct RedisBackoffTests {
    @Test func `delays double up to the last, and chance takes up to half off`() {
        var backoff = RedisBackoff(first: .milliseconds(100), last: .milliseconds(500))
        #expect(backoff.next(chance: 0) == .milliseconds(100))
        #expect(backoff.next(chance: 1) == .milliseconds(100))
        #expect(backoff.next(chance: 0) == .milliseconds(400))
        #expect(backoff.next(chance: 0) == .milliseconds(500))
        backoff.reset()
        #expect(backoff.next(chance: 0) == .milliseconds(100))
    }
}
