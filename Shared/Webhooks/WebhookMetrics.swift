internal import Logging
internal import Observability

/// What one webhook's notifier counts and says. Never its URL's secrets.
struct WebhookMetrics: Sendable {
    private let webhook: WebhookSettings
    private let outcomes: [String: Counter]
    private let underWay: Gauge
    private let attemptFailed: EventKind
    private let undeliverable: EventKind

    init(_ webhook: WebhookSettings, registry: MetricsRegistry, logger: Logger) {
        self.webhook = webhook
        outcomes = Dictionary(
            uniqueKeysWithValues: WebhookOutcome.names.map { outcome in
                let help = "Messages for webhooks by what became of them."
                let labels: MetricsRegistry.Labels = ["webhook": webhook.name, "outcome": outcome]
                return (outcome, registry.counter("sluice_webhook_deliveries_total", help, labels: labels))
            })
        underWay = registry.gauge(
            "sluice_webhook_deliveries_in_progress", "Messages for webhooks that wait or are being sent.",
            labels: ["webhook": webhook.name])
        attemptFailed = EventKind(
            "webhook_attempt_failed", level: .warning, "a webhook did not take a message; trying again",
            logger: logger, registry: registry)
        undeliverable = EventKind(
            "webhook_undeliverable", level: .error, "a message for a webhook was given up", logger: logger,
            registry: registry)
    }

    func show(underWay count: Int) { underWay.set(count) }

    func failed(_ message: WebhookMessage, _ answer: WebhookAnswer, attempts: Int) {
        attemptFailed.emit(metadata(message, "\(answer)", attempts))
    }

    func ended(_ message: WebhookMessage, _ outcome: WebhookOutcome) {
        outcomes[outcome.name]?.add()
        guard case .gaveUp(let reason, let attempts) = outcome else { return }
        undeliverable.emit(metadata(message, reason, attempts))
    }

    func notConcerned() { outcomes[WebhookOutcome.notConcerned.name]?.add() }

    private func metadata(_ message: WebhookMessage, _ why: String, _ attempts: Int) -> Logger.Metadata {
        [
            "webhook": "\(webhook.name)", "url": "\(webhook.url)", "message": "\(message.id)", "why": "\(why)",
            "attempts": "\(attempts)",
        ]
    }
}
