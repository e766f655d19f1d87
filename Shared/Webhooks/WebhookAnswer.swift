/// What came of one attempt.
enum WebhookAnswer: Hashable, Sendable, CustomStringConvertible {
    /// - `excerpt`: the beginning of the answer's body.
    /// - `retryAfter`: how long the server asks to be left alone.
    case answered(status: Int, excerpt: String = "", retryAfter: Duration? = nil)
    /// There was no answer: why.
    case unreachable(String)

    enum Verdict {
        case accepted
        /// The same message may be taken later.
        case worthRetry
        /// It would be refused again.
        case refused
    }

    /// Source of the statuses that are worth a retry: RFC 9110 (408, 5xx), RFC 8470 (425), RFC 6585 (429).
    var verdict: Verdict {
        switch self {
        case .answered(200...299, _, _): .accepted
        case .answered(408, _, _), .answered(425, _, _), .answered(429, _, _), .answered(500..., _, _): .worthRetry
        case .answered: .refused
        case .unreachable: .worthRetry
        }
    }

    var retryAfter: Duration? {
        guard case .answered(_, _, let delay) = self else { return nil }
        return delay
    }

    var description: String {
        switch self {
        case .answered(let status, let excerpt, _): "answered \(status)" + (excerpt.isEmpty ? "" : ": \(excerpt)")
        case .unreachable(let why): why
        }
    }
}
