import DeadLetters
import FoundationEssentials
import IOLoop
import Logging
import Observability
import Settings
import Webhooks

/// Dead letters of webhooks are delivered to the webhook that has their name in the settings now.
@IOThread
struct WebhookReplay {
    let table: DeadLetterTable
    let webhooks: [WebhookSettings]
    /// Of each message.
    let patience: Duration

    /// One after another, the oldest first, so that an alert's are in order.
    ///
    /// - Returns: how many were delivered, which are marked as replayed. Why the others were not is said.
    func run(_ ids: [Int64]) async throws -> Int {
        var notifiers: [String: WebhookNotifier] = [:]
        for var settings in webhooks {
            settings.giveUpAfter = patience
            notifiers[settings.name] = WebhookNotifier(
                settings, registry: MetricsRegistry(), logger: Logger(label: "dlq") { _ in SwiftLogNoOpLogHandler() })
        }
        var delivered = 0
        var failure: (any Error)?
        do {
            for id in ids where try await deliver(id, with: notifiers) { delivered += 1 }
        } catch {
            failure = error
        }
        for notifier in notifiers.values { try await notifier.shutDown() }
        if let failure { throw failure }
        return delivered
    }

    private func deliver(_ id: Int64, with notifiers: [String: WebhookNotifier]) async throws -> Bool {
        guard let letter = try await table.messages([id]).first else { return false }
        let name = WebhookDeadLetter.webhook(ofTopic: letter.topic) ?? ""
        guard let notifier = notifiers[name] else {
            Console.warn("dead letter \(id) is of webhook '\(name)', which the settings do not have; see --config")
            return false
        }
        try await table.markRequested([id])
        let message = WebhookMessage(id: letter.replay ?? "", body: letter.payload)
        switch await notifier.deliver(message) {
        case .delivered:
            try await table.markReplayed([id])
            return true
        case .gaveUp(let reason, _): Console.warn("dead letter \(id) was not delivered: \(reason)")
        case .notConcerned, .interrupted: Console.warn("dead letter \(id) was not delivered")
        }
        return false
    }
}

/// `anomaly_detector.webhooks`.
struct WebhookSection: SettingsSection {
    static let section = "anomaly_detector"
    let webhooks: [WebhookSettings]

    init(from reader: SettingsReader) {
        webhooks = WebhookSettings.list("webhooks", from: reader)
        // The other keys are the service's: whoever asks for a key makes it known. `sluice validate` names mistakes.
        for key in reader.keys { _ = reader.contains(key) }
    }

    /// Looks for the file where the services do.
    ///
    /// - Throws: ``InvalidSettings``.
    static func read(config: String?, environment: [String: String]) throws -> [WebhookSettings] {
        try SettingsFile.document(config, environment: environment).decode(Self.self).webhooks
    }
}
