internal import Logging
internal import Model
internal import Observability
internal import Plugins
internal import PostgreSQL
internal import StageRuntime

/// What the preprocessor counts beyond what every stage counts.
struct PreprocessorMetrics: Sendable {
    let discards: DiscardCounters
    let registryDevices: Gauge
    let registryRefreshes: Counter
    let plugins: PluginMetrics

    private let registryFailed: EventKind
    private let schemaAwaited: EventKind
    private let cacheFailed: EventKind
    private let registry: MetricsRegistry

    init(registry: MetricsRegistry, logger: Logger) {
        self.registry = registry
        discards = DiscardCounters(in: registry)
        registryDevices = registry.gauge("sluice_registry_devices", "Devices whose location is known.")
        registryRefreshes = registry.counter(
            "sluice_registry_refreshes_total", "Times that the locations were read from PostgreSQL.")
        registryFailed = EventKind(
            "registry_unreadable", level: .warning, "cannot read the device registry", logger: logger,
            registry: registry)
        schemaAwaited = EventKind(
            "schema_awaited", level: .info, "waiting for storage-writer to make the tables", logger: logger,
            registry: registry)
        cacheFailed = EventKind(
            "registry_cache_failed", level: .warning, "cannot use the cache of the device registry", logger: logger,
            registry: registry)
        plugins = PluginMetrics(.processor, in: registry, logger: logger)
    }

    /// - Parameter sensor: out of the configuration, never out of a reading.
    func clamped(_ sensor: String) -> Counter {
        registry.counter(
            "sluice_clamped_readings_total", "Readings whose value was set to the nearest allowed one.",
            labels: ["rule": sensor])
    }

    func count(_ discarded: DiscardCounts) {
        for (reason, readings) in discarded.dead { discards.count(reason, readings) }
        for (reason, readings) in discarded.dropped { discards.count(reason, readings, as: .dropped) }
    }

    func failed(toReadRegistry error: any Error) { registryFailed.emit(["error": "\(error)"]) }
    func awaitsSchema(_ error: PostgreSQLError) { schemaAwaited.emit(["missing": "\(error.message)"]) }
    func failed(toUseCache error: any Error) { cacheFailed.emit(["error": "\(error)"]) }
}
