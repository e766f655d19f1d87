public import Model

/// The plugins of one host that fail, and which of them are left alone. Nothing is kept of those that work: while all do, a host asks
/// ``isEmpty`` once a batch and no more.
public struct PluginTroubles: Sendable {
    public private(set) var limits: PluginQuarantine.Limits
    public private(set) var failing: [String: PluginQuarantine] = [:]

    public init(limits: PluginQuarantine.Limits = PluginQuarantine.Limits()) {
        self.limits = limits
    }

    public var isEmpty: Bool { failing.isEmpty }

    /// A quarantine that runs gets no longer than these allow.
    public mutating func use(_ limits: PluginQuarantine.Limits) {
        self.limits = limits
        for plugin in failing.keys { failing[plugin]?.shorten(to: limits) }
    }

    /// How long the plugin is left alone yet; nil when it may be given a batch.
    public func remaining(_ plugin: String, at now: Timestamp) -> Duration? {
        failing[plugin]?.remaining(at: now)
    }

    /// - Returns: `quarantined` when it is left alone from now on.
    public mutating func failed(_ error: PluginError, at now: Timestamp) -> PluginEvent? {
        var quarantine = failing[error.plugin] ?? PluginQuarantine(error, at: now)
        defer { failing[error.plugin] = quarantine }
        return quarantine.fail(error, at: now, limits).map { .quarantined(error, $0) }
    }

    /// - Returns: `released` when that ends a quarantine.
    public mutating func worked(_ plugin: String) -> PluginEvent? {
        failing.removeValue(forKey: plugin)?.term.map { _ in .released(plugin) }
    }

    /// The plugins are others from now on.
    ///
    /// - Returns: `released`, for each that was in quarantine.
    public mutating func forget() -> [PluginEvent] {
        failing.keys.sorted().compactMap { worked($0) }
    }
}

/// What a host says of its plugins.
public enum PluginEvent: Hashable, Sendable {
    /// On one batch.
    case failed(PluginError)
    /// It is left alone.
    case quarantined(PluginError, PluginQuarantine.Term)
    /// It works again.
    case released(String)
}
