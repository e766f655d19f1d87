import Testing

@testable import Webhooks

struct WebhookRetryTests {
    private let busy = WebhookAnswer.answered(status: 503)

    @Test func `the ceiling doubles from a second to five minutes`() {
        var retry = WebhookRetry(giveUpAfter: .seconds(1_000_000))
        let steps = (0..<11).map { _ in retry.next(after: busy, elapsed: .zero, chance: 1) }
        #expect(steps == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map { .wait(.seconds($0)) })
    }

    @Test func `the wait is anything below the ceiling`() {
        var retry = WebhookRetry(giveUpAfter: .seconds(3_600))
        #expect(retry.next(after: busy, elapsed: .zero, chance: 0) == .wait(.zero))
        #expect(retry.next(after: busy, elapsed: .zero, chance: 0.25) == .wait(.milliseconds(500)))
    }

    @Test func `a server that asks for a longer wait gets it`() {
        var retry = WebhookRetry(giveUpAfter: .seconds(3_600))
        let answer = WebhookAnswer.answered(status: 429, retryAfter: .seconds(90))
        #expect(retry.next(after: answer, elapsed: .zero, chance: 1) == .wait(.seconds(90)))
        let hasty = WebhookAnswer.answered(status: 429, retryAfter: .zero)
        #expect(retry.next(after: hasty, elapsed: .zero, chance: 1) == .wait(.seconds(2)))
    }

    @Test func `no wait goes beyond the end, where the last attempt is made`() {
        var retry = WebhookRetry(giveUpAfter: .seconds(60))
        let answer = WebhookAnswer.answered(status: 503, excerpt: "closed", retryAfter: .seconds(86_400))
        #expect(retry.next(after: answer, elapsed: .seconds(50), chance: 1) == .wait(.seconds(10)))
        let end = retry.next(after: answer, elapsed: .seconds(60), chance: 1)
        #expect(end == .end(.gaveUp(reason: "answered 503: closed", attempts: 2)))
    }

    @Test func `without patience there is one attempt`() {
        var retry = WebhookRetry(giveUpAfter: .zero)
        let end = retry.next(after: .unreachable("cannot connect"), elapsed: .milliseconds(1), chance: 1)
        #expect(end == .end(.gaveUp(reason: "cannot connect", attempts: 1)))
    }

    @Test(arguments: [400, 401, 404, 410, 422, 301, 302, 308, 100])
    func `what would be refused again is given up at once`(status: Int) {
        var retry = WebhookRetry(giveUpAfter: .seconds(3_600))
        let step = retry.next(after: .answered(status: status), elapsed: .zero, chance: 1)
        #expect(step == .end(.gaveUp(reason: "answered \(status)", attempts: 1)))
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 504, 599])
    func `what may be taken later is tried again`(status: Int) {
        var retry = WebhookRetry(giveUpAfter: .seconds(3_600))
        #expect(retry.next(after: .answered(status: status), elapsed: .zero, chance: 1) == .wait(.seconds(1)))
    }

    @Test(arguments: [200, 201, 202, 204, 299])
    func `every 2xx is a delivery`(status: Int) {
        var retry = WebhookRetry(giveUpAfter: .zero)
        #expect(retry.next(after: .answered(status: status), elapsed: .seconds(9), chance: 1) == .end(.delivered))
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `whatever chance says, it ends when it is to end`(seed: UInt64) {
        var retry = WebhookRetry(giveUpAfter: .seconds(3_600))
        var elapsed = Duration.zero
        var state = seed
        while case .wait(let delay) = retry.next(after: busy, elapsed: elapsed, chance: Self.draw(&state)) {
            #expect(delay >= .zero && delay <= .seconds(300))
            // An attempt takes a moment, too.
            elapsed += delay + .milliseconds(1)
        }
        #expect(elapsed >= .seconds(3_600) && elapsed < .seconds(3_601))
    }

    /// A linear congruential generator; the numbers are Knuth's.
    private static func draw(_ state: inout UInt64) -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53 as UInt64)
    }
}
