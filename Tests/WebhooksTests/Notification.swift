import IOLoop
import Logging
import Model
import Observability
import Settings
import Testing

@testable import Webhooks

/// A notifier that waits for hundredths of seconds where others wait for seconds.
@IOThread
final class Notification {
    let notifier: WebhookNotifier
    let registry = MetricsRegistry()
    private(set) var outcomes: [WebhookOutcome] = []

    init(
        _ url: String, secret: String? = Receiver.secret, pace: WebhookRetry.Pace = .hasty, messages: Int = 10_000,
        inFlight: Int = 8, _ change: (inout WebhookSettings) -> Void = { _ in }
    ) throws {
        var settings = WebhookSettings("ops", try #require(WebhookURL(url)), secret: secret.map(Secret.init))
        settings.giveUpAfter = .seconds(60)
        change(&settings)
        var limits = WebhookNotifier.Limits()
        (limits.pace, limits.messages, limits.inFlight) = (pace, messages, inFlight)
        notifier = WebhookNotifier(settings, registry: registry, logger: Logger(label: "test"), limits: limits)
    }

    func end() async throws { try await notifier.shutDown() }

    func count(_ outcome: String) -> Int {
        registry.sums("sluice_webhook_deliveries_total", by: "outcome")[outcome] ?? -1
    }

    var underWay: Int { registry.sum("sluice_webhook_deliveries_in_progress") }

    func errors(_ type: String) -> Int { registry.sums("sluice_errors_total", by: "error_type")[type] ?? 0 }
}

extension WebhookRetry.Pace {
    static let hasty = WebhookRetry.Pace(first: .milliseconds(10), longest: .milliseconds(50))
    /// Nothing is tried again within a test.
    static let never = WebhookRetry.Pace(first: .seconds(3_600), longest: .seconds(3_600))
}

/// What a body ends with is known, what stands before it changes.
func reason(_ outcome: WebhookOutcome) -> String {
    guard case .gaveUp(let reason, _) = outcome else { return "\(outcome)" }
    return reason
}
