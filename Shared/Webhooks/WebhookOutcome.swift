/// What became of a message.
public enum WebhookOutcome: Hashable, Sendable {
    /// The server has answered 2xx.
    case delivered
    /// It was refused, or not taken in time.
    ///
    /// - `reason`: the last answer.
    /// - `attempts`: 0 when too many waited already.
    case gaveUp(reason: String, attempts: Int)
    /// The webhook's matchers or severity do not match, or people are not to be told.
    case notConcerned
    /// The task was cancelled before there was an outcome: to be delivered again.
    case interrupted

    /// As metrics call it.
    var name: String {
        switch self {
        case .delivered: "delivered"
        case .gaveUp: "gave_up"
        case .notConcerned: "not_concerned"
        case .interrupted: "interrupted"
        }
    }

    static let names = ["delivered", "gave_up", "not_concerned", "interrupted"]
}
