public import Model

/// Who tells people and machines of an alert: MQTT, a webhook, a log.
public protocol Notifier: Sendable {
    /// Its name in the configuration.
    nonisolated var name: String { get }

    /// Returns when the other side has taken all of them. Telling twice is harmless: an alert's id stays the same.
    ///
    /// - Throws: an error that says `isRetriable`.
    func notify(_ alerts: [Alert]) async throws
}
