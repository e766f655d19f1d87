public import Logging
internal import Model
public import Observability
public import Plugins
public import Settings

/// What the plugins of a service are.
public enum PluginKind: String, Sendable {
    case detector
    case processor
}

/// What a service counts and says of plugins that fail.
public struct PluginMetrics: Sendable {
    private let registry: MetricsRegistry
    private let failed: EventKind
    private let quarantined: EventKind
    private let released: EventKind

    public init(_ kind: PluginKind, in registry: MetricsRegistry, logger: Logger) {
        self.registry = registry
        func event(_ name: String, _ level: Logger.Level, _ message: Logger.Message) -> EventKind {
            EventKind(name, level: level, message, logger: logger, registry: registry)
        }
        failed = event("\(kind.rawValue)_failed", .error, "a \(kind.rawValue) failed on a batch")
        quarantined = event("plugin_quarantined", .error, "a plugin failed again and again, and is left alone")
        released = event("plugin_released", .notice, "a plugin that was in quarantine works again")
    }

    /// Makes their figures, at zero: the plugins run from now on.
    public func expect(_ plugins: [String]) {
        for plugin in plugins {
            _ = failures(of: plugin)
            gauge(of: plugin).set(0)
        }
    }

    public func take(_ event: PluginEvent) {
        switch event {
        case .failed(let error):
            failures(of: error.plugin).add(1)
            failed.emit(["plugin": "\(error.plugin)", "error": "\(error.what)"])
        case .quarantined(let error, let term):
            gauge(of: error.plugin).set(1)
            quarantined.emit([
                "plugin": "\(error.plugin)", "error": "\(error.what)", "tried_again": "\(term.end.iso8601)",
                "time": "\(term.number)",
            ])
        case .released(let plugin):
            gauge(of: plugin).set(0)
            released.emit(["plugin": "\(plugin)"])
        }
    }

    private func failures(of plugin: String) -> Counter {
        registry.counter(
            "sluice_plugin_failures_total", "Batches on which a plugin failed.", labels: ["plugin": plugin])
    }

    private func gauge(of plugin: String) -> Gauge {
        registry.gauge(
            "sluice_plugin_quarantined", "1 while a plugin is left alone because it failed again and again.",
            labels: ["plugin": plugin])
    }
}

extension PluginQuarantine.Limits {
    public init(_ settings: PluginSettings) {
        self.init(
            failures: settings.quarantineAfter, first: settings.quarantine, longest: settings.quarantineLimit)
    }
}
