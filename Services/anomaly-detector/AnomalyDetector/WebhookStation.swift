internal import Alerting
internal import IOLoop
internal import Model
internal import Plugins
internal import PostgreSQL
internal import Webhooks

/// One web server that is told; what it never takes becomes a dead letter.
@IOThread
final class WebhookStation: Notifier {
    nonisolated let name: String
    nonisolated var takesManyAtOnce: Bool { true }
    private let webhook: WebhookNotifier
    private let session: PostgreSQLSession

    init(_ webhook: WebhookNotifier, deadLetters session: PostgreSQLSession) {
        name = "webhook \(webhook.settings.name)"
        self.webhook = webhook
        self.session = session
    }

    /// - Throws: `CancellationError` when the service ends before there is an outcome, ``PostgreSQLError`` for a dead letter that cannot
    ///   be stored.
    @IOThread
    func notify(_ transitions: [AlertTransition]) async throws {
        for transition in transitions {
            let outcome = await webhook.deliver(transition)
            if outcome == .interrupted { throw CancellationError() }
            guard
                let letter = WebhookDeadLetter(transition, for: webhook.settings, after: outcome, at: .now())
            else { continue }
            try await session.retrying { try await WebhookDeadLetters(connection: $0).store([letter]) }
        }
    }

    /// Ends its connections, once nothing is under way.
    func close() async { try? await webhook.shutDown() }
}
