public import Alerting

/// Who tells people and machines of what happens to alerts: MQTT, a webhook, a log.
public protocol Notifier: Sendable {
    /// Its name in the configuration.
    nonisolated var name: String { get }

    /// Whether it may be given messages while others are under way: it then sees itself to the order of those of one alert.
    nonisolated var takesManyAtOnce: Bool { get }

    /// Returns when the other side has taken all of them, in this order. Telling twice is harmless: a transition's id stays the same.
    ///
    /// - Throws: an error that says `isRetriable`, for what will not be told; `CancellationError` for what is to be told by another.
    func notify(_ transitions: [AlertTransition]) async throws
}

extension Notifier {
    public nonisolated var takesManyAtOnce: Bool { false }
}
