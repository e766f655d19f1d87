internal import Logging
internal import Model
internal import Observability

/// What the aggregator counts.
struct AggregatorMetrics {
    let receivedReadings: Counter
    /// Merged into the rollups.
    let sent: Counter
    let merges: Counter
    let mergedRows: Counter
    /// Their tokens stay in PostgreSQL.
    let readingsLeftToRecovery: Counter
    let recoveries: Counter
    let recoveredTokens: Counter
    let recoveredRows: Counter
    let conflicts: Counter
    let pendingReadings: Gauge
    let pendingTokens: Gauge
    let lag: Gauge
    let mergeLatency: Histogram
    let endToEndLatency: Histogram
    let stageLatency: Histogram
    let isConnected: Gauge

    let mergeFailed: EventKind
    let recoveryFailed: EventKind
    let recovered: EventKind
    let schemaAwaited: EventKind

    init(registry: MetricsRegistry, logger: Logger) {
        receivedReadings = registry.receivedReadings()
        sent = registry.sentReadings()
        merges = registry.counter("sluice_rollup_merges_total", "Transactions that merged readings.")
        mergedRows = registry.counter(
            "sluice_rollup_rows_total", "Rollup rows written.", labels: ["by": "merge"])
        recoveredRows = registry.counter(
            "sluice_rollup_rows_total", "Rollup rows written.", labels: ["by": "recovery"])
        readingsLeftToRecovery = registry.counter(
            "sluice_readings_left_to_recovery_total", "Readings let go, to be recovered from PostgreSQL.")
        recoveries = registry.counter("sluice_rollup_recoveries_total", "Recoveries from the stored readings.")
        recoveredTokens = registry.counter("sluice_recovered_tokens_total", "Tokens taken by recoveries.")
        conflicts = registry.counter(
            "sluice_rollup_conflicts_total", "Transactions started again because another one was first.")
        pendingReadings = registry.inFlightReadings()
        pendingTokens = registry.gauge(
            "sluice_rollup_pending_tokens", "Stored deliveries that are not in the rollups yet.")
        lag = registry.gauge(
            "sluice_rollup_lag_seconds", "Age of the oldest stored delivery that is not in the rollups yet.")
        mergeLatency = registry.histogram("sluice_rollup_merge_seconds", "Duration of a merge.", buckets: .latencies)
        endToEndLatency = registry.endToEndLatency()
        stageLatency = registry.stageLatency()
        isConnected = registry.connection(to: "postgresql")
        mergeFailed = EventKind(
            "rollup_merge_failed", level: .warning, "cannot merge", logger: logger, registry: registry)
        recoveryFailed = EventKind(
            "rollup_recovery_failed", level: .warning, "cannot recover", logger: logger, registry: registry)
        recovered = EventKind(
            "rollups_recovered", level: .info, "recovered rollups from the readings", logger: logger,
            registry: registry)
        schemaAwaited = EventKind(
            "schema_awaited", level: .info, "waiting for storage-writer to make the tables", logger: logger,
            registry: registry)
    }

    func merged(_ batches: [PendingBatch], after duration: Duration, at now: Timestamp) {
        merges.add()
        mergeLatency.observe(duration)
        for readings in batches.lazy.map(\.readings) {
            stageLatency.observe(duration, times: readings.count)
            guard let received = readings.receivedAt.first else { continue }
            endToEndLatency.observe(now.since(Timestamp(microseconds: received)), times: readings.count)
        }
    }
}
