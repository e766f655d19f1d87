internal import Logging
internal import Model
internal import Observability
internal import PostgreSQL

/// What storage-writer counts, once a transaction.
struct StorageWriterMetrics {
    let received: Counter
    let redelivered: Counter
    /// Committed to PostgreSQL.
    let sent: Counter
    let duplicates: Counter
    let deadLetters: Counter
    let refused: DiscardCounters
    let transactions: Counter
    let waiting: Gauge
    let transactionLatency: Histogram
    /// From mqtt-ingest's read to the commit.
    let endToEndLatency: Histogram
    let aggregatorOffered: Counter
    let aggregatorSkipped: Counter
    let droppedDays: Counter
    let droppedAlerts: Counter
    private let isConnected: Gauge

    let storeFailed: EventKind
    let anomalyRefused: EventKind
    let housekeepingFailed: EventKind
    let retentionPostponed: EventKind
    let notice: EventKind

    init(registry: MetricsRegistry, logger: Logger) {
        received = registry.receivedReadings()
        redelivered = registry.redeliveredReadings()
        sent = registry.sentReadings()
        duplicates = registry.counter(
            "sluice_duplicate_readings_total", "Readings that were found stored already, and skipped.")
        deadLetters = registry.counter(
            "sluice_stored_dead_letters_total", "Dead letters committed to PostgreSQL, of all stages.")
        refused = DiscardCounters(in: registry)
        transactions = registry.counter("sluice_transactions_total", "Transactions committed to PostgreSQL.")
        waiting = registry.inFlightReadings()
        transactionLatency = registry.stageLatency()
        endToEndLatency = registry.endToEndLatency()
        aggregatorOffered = registry.counter(
            "sluice_aggregator_offered_readings_total", "Stored readings handed to an aggregator.")
        aggregatorSkipped = registry.counter(
            "sluice_aggregator_skipped_readings_total",
            "Stored readings that no aggregator had room for; it recovers them from PostgreSQL.")
        droppedDays = registry.counter(
            "sluice_retention_dropped_partitions_total", "Partitions of readings, a day each, dropped by retention.")
        droppedAlerts = registry.counter(
            "sluice_retention_dropped_alerts_total", "Alerts deleted since they have been over for long.")
        isConnected = registry.connection(to: "postgresql")
        storeFailed = EventKind(
            "store_failed", level: .error, "cannot store, will try again", logger: logger, registry: registry)
        anomalyRefused = EventKind(
            "anomaly_refused", level: .error, "PostgreSQL refuses an anomaly", logger: logger, registry: registry)
        housekeepingFailed = EventKind(
            "housekeeping_failed", level: .warning, "housekeeping has to wait", logger: logger, registry: registry)
        retentionPostponed = EventKind(
            "retention_postponed", level: .notice, "somebody reads a day that is to be dropped: later",
            logger: logger, registry: registry)
        notice = EventKind(
            "postgresql_notice", level: .info, "PostgreSQL remarks", logger: logger, registry: registry)
    }

    func connection(_ state: PostgreSQLSession.State) {
        switch state {
        case .idle: break
        case .connected: isConnected.set(1)
        case .failing: isConnected.set(0)
        }
    }

    func committed(_ commit: Commit, after duration: Duration, at now: Timestamp) {
        transactions.add(1)
        sent.add(commit.freshReadings)
        duplicates.add(commit.duplicates)
        deadLetters.add(commit.deadLetters.values.reduce(0, +))
        for error in commit.refusedAnomalies { anomalyRefused.emit(["error": "\(error)"]) }
        for (reason, count) in commit.refused { refused.count(reason, count) }
        for batch in commit.fresh {
            transactionLatency.observe(duration, times: batch.count)
            guard let received = batch.receivedAt.first else { continue }
            endToEndLatency.observe(now.since(Timestamp(microseconds: received)), times: batch.count)
        }
    }
}
