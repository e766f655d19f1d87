/// When a message is tried again, and when no more. Time and chance are passed in.
///
/// The wait is anything from nothing to a ceiling that doubles at each attempt ("full jitter"; Marc Brooker, "Exponential Backoff And
/// Jitter", AWS Architecture Blog, 2015), so that what failed together does not come back together. It is longer where the server asks
/// for it, and never goes beyond the end, so that the last attempt is made there.
public struct WebhookRetry: Sendable {
    /// The ceilings of the waits.
    public struct Pace: Hashable, Sendable {
        public var first: Duration
        public var longest: Duration

        public init(first: Duration = .seconds(1), longest: Duration = .seconds(300)) {
            self.first = first
            self.longest = longest
        }
    }

    enum Step: Hashable {
        case wait(Duration)
        case end(WebhookOutcome)
    }

    private let pace: Pace
    private let giveUpAfter: Duration
    private var ceiling: Duration
    private(set) var attempts = 0

    init(_ pace: Pace = Pace(), giveUpAfter: Duration) {
        self.pace = pace
        self.giveUpAfter = giveUpAfter
        ceiling = pace.first
    }

    /// - Parameters:
    ///   - elapsed: since the message was there.
    ///   - chance: from 0 to 1.
    mutating func next(after answer: WebhookAnswer, elapsed: Duration, chance: Double) -> Step {
        attempts += 1
        switch answer.verdict {
        case .accepted: return .end(.delivered)
        case .refused: return giveUp(answer)
        case .worthRetry: break
        }
        let rest = giveUpAfter - elapsed
        guard rest > .zero else { return giveUp(answer) }
        return .wait(min(rest, max(jittered(chance), answer.retryAfter ?? .zero)))
    }

    private func giveUp(_ answer: WebhookAnswer) -> Step {
        .end(.gaveUp(reason: answer.description, attempts: attempts))
    }

    private mutating func jittered(_ chance: Double) -> Duration {
        defer { ceiling = min(ceiling * 2, pace.longest) }
        return ceiling * chance
    }
}
