public import Alerting
public import Settings

/// One entry of `anomaly_detector.webhooks`.
public struct WebhookSettings: Sendable {
    /// As metrics, logs and dead letters call it: letters, digits, `-`, `_` and `.`.
    public var name: String
    public var url: WebhookURL
    /// Messages are signed with it; without one they are not.
    public var secret: Secret?
    public var minimumSeverity = AlertSeverity.info
    /// All of them must match.
    public var matchers: [AlertMatcher] = []
    /// For one attempt, from connecting to the end of the answer.
    public var timeout = Duration.seconds(10)
    /// Counted from when the message was there; each has one attempt at least.
    public var giveUpAfter = Duration.seconds(3_600)
    /// PEM file of the authorities that may have signed the server's certificate. Nil: those of the system.
    public var authorityFile: String?

    public init(_ name: String, _ url: WebhookURL, secret: Secret? = nil) {
        self.name = name
        self.url = url
        self.secret = secret
    }

    /// Whether the webhook is to hear of it: people are told, it is severe enough, and every matcher matches.
    public func concerns(_ transition: AlertTransition) -> Bool {
        transition.isTold && transition.severity >= minimumSeverity
            && matchers.allSatisfy { $0.matches(transition.fingerprint, transition.severity) }
    }
}
