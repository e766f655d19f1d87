internal import Alerting
internal import IOLoop
internal import Model
internal import Plugins
internal import Webhooks

/// One web server that is told; what it never takes becomes a dead letter.
@IOThread
final class WebhookStation: Notifier {
    nonisolated let name: String
    nonisolated var takesManyAtOnce: Bool { true }
    private let webhook: WebhookNotifier
    private let database: AlertDatabase

    init(_ webhook: WebhookNotifier, deadLetters database: AlertDatabase) {
        name = "webhook \(webhook.settings.name)"
        self.webhook = webhook
        self.database = database
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
            try await database.runUntilDone { try await WebhookDeadLetters(connection: $0).store([letter]) }
        }
    }

    /// Ends its connections, once nothing is under way.
    func close() async { try? await webhook.shutDown() }
}
