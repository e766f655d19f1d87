public import Alerting
public import Model

/// A message that was given up, as the table `dead_letters` keeps it.
public struct WebhookDeadLetter: Hashable, Sendable {
    /// In the column `reason`. No ``Model/DiscardReason``: those are of readings, which are accounted for one by one.
    public static let reason = "webhook_undeliverable"

    /// The transition's.
    public let eventID: String
    /// `<URL without user and query>#<webhook's name>`.
    public let topic: String
    /// The body.
    public let payload: [UInt8]
    public let device: String?
    /// The last answer, and how many there were.
    public let detail: String
    /// The service that gave it up.
    public let stage: String
    public let receivedAt: Timestamp

    /// Nil unless it was given up.
    ///
    /// - Parameter time: when it was.
    public init?(
        _ transition: AlertTransition, for webhook: WebhookSettings, after outcome: WebhookOutcome, at time: Timestamp,
        stage: String = "anomaly-detector"
    ) {
        guard case .gaveUp(let reason, let attempts) = outcome else { return nil }
        let message = WebhookMessage(transition)
        eventID = message.id
        topic = "\(webhook.url)#\(webhook.name)"
        payload = message.body
        device = transition.fingerprint.device
        detail = "webhook '\(webhook.name)': \(reason) (\(attempts) \(attempts == 1 ? "attempt" : "attempts"))"
        self.stage = stage
        receivedAt = time
    }

    /// The webhook's name in the topic of a dead letter; nil where there is none.
    public static func webhook(ofTopic topic: String) -> String? {
        topic.lastIndex(of: "#").map { String(topic[topic.index(after: $0)...]) }
    }
}
