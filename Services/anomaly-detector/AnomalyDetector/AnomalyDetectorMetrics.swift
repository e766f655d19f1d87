internal import Alerting
internal import Logging
internal import Model
internal import Observability
internal import Plugins
internal import StageRuntime

/// What the anomaly-detector counts and says, beside what every stage does.
final class AnomalyDetectorMetrics: Sendable {
    let anomalies: Counter
    let scoredOnly: Counter
    let series: Gauge
    let savedSeries: Counter
    let adoptedSeries: Counter
    let publishedAlerts: Counter
    let journalled: Counter
    let replayed: Counter
    let journalLeftOut: Counter
    let journalBytes: Gauge
    let partitions: Gauge
    let handedOver: Counter
    private let registry: MetricsRegistry
    private let loadedSeries: Counter
    private let newSeries: Counter
    private let coldSeries: Counter

    let openTransitions: Gauge
    let supersededAlerts: Counter
    let alertChanged: EventKind
    let alertsUnrecorded: EventKind
    let requestsUnread: EventKind
    let schemaAwaited: EventKind
    let alertsDeferred: EventKind
    let alertsLeft: EventKind
    let alertsRefused: EventKind
    let checkpointFailed: EventKind
    let leasesFailed: EventKind
    let plugins: PluginMetrics
    let unreadableState: EventKind
    let journalReplayed: EventKind
    let journalUnreadable: EventKind

    init(registry: MetricsRegistry, logger: Logger) {
        self.registry = registry
        anomalies = registry.counter("sluice_anomalies_total", "Anomalies found.")
        scoredOnly = registry.counter(
            "sluice_scored_only_series_total", "Series in redelivered batches that had learnt from them already.")
        series = registry.gauge("sluice_detector_series", "Series whose state is in memory.")
        savedSeries = registry.counter("sluice_checkpointed_series_total", "States of series saved to Redis.")
        adoptedSeries = registry.counter(
            "sluice_adopted_series_total", "States in memory that gave way to one in Redis that knew more.")
        publishedAlerts = registry.counter(
            "sluice_alerts_published_total", "Messages about alerts that the broker has confirmed.")
        openTransitions = registry.gauge(
            "sluice_alert_transitions_open", "Transitions of alerts that have not arrived everywhere.")
        supersededAlerts = registry.counter(
            "sluice_alerts_superseded_total", "Alerts that gave way to an open one of the same fingerprint.")
        func journal(_ outcome: String) -> Counter {
            registry.counter(
                "sluice_journal_batches_total",
                "Parts of batches, by partition: written to the journal, left out of it, or learnt again from it.",
                labels: ["outcome": outcome])
        }
        journalled = journal("written")
        journalLeftOut = journal("left_out")
        replayed = journal("replayed")
        journalBytes = registry.gauge(
            "sluice_journal_bytes", "What the journals of this instance's partitions hold in Redis.")
        partitions = registry.gauge("sluice_detector_partitions", "Partitions that this instance learns from.")
        handedOver = registry.counter(
            "sluice_detector_handed_over_partitions_total", "Partitions given back because another instance waited.")
        func loads(_ outcome: String) -> Counter {
            registry.counter(
                "sluice_detector_loads_total", "Series seen for the first time, by what Redis had of them.",
                labels: ["outcome": outcome])
        }
        loadedSeries = loads("found")
        newSeries = loads("missing")
        coldSeries = loads("cold")

        func event(
            _ name: String, _ level: Logger.Level, _ message: Logger.Message, every interval: Duration = .seconds(5)
        ) -> EventKind {
            EventKind(
                name, level: level, message, logger: logger, registry: registry, logInterval: interval)
        }
        alertChanged = event("alert", .notice, "alert", every: .seconds(1))
        schemaAwaited = event("schema_awaited", .info, "waiting for storage-writer to make the tables")
        requestsUnread = event(
            "alert_requests_unread", .warning,
            "cannot read silences and acknowledgements from PostgreSQL; those known before stay in force",
            every: .seconds(60))
        alertsUnrecorded = event(
            "alerts_unrecorded", .warning, "cannot write transitions of alerts to PostgreSQL; trying again")
        alertsDeferred = event(
            "alerts_deferred", .warning, "a batch went on before its alerts were recorded and told")
        alertsLeft = event(
            "alerts_left", .warning, "transitions of alerts are left to the next owner of their series")
        alertsRefused = event("alerts_refused", .warning, "alerts were refused")
        checkpointFailed = event("checkpoint_failed", .warning, "cannot save the state of a series")
        leasesFailed = event(
            "leases_failed", .warning, "cannot ask Redis who learns from which partition; going on without")
        plugins = PluginMetrics(.detector, in: registry, logger: logger)
        unreadableState = event(
            "state_unreadable", .warning, "the saved state of a series cannot be read; it begins anew")
        journalReplayed = event(
            "journal_replayed", .notice, "learnt again what another instance, or an earlier run, had not saved")
        journalUnreadable = event(
            "journal_unreadable", .warning, "an entry of a partition's journal cannot be read; it is left out")
    }

    /// What the detectors do with the series in memory.
    func show(_ phases: [String: [String: Int]]) {
        for (detector, counts) in phases {
            for phase in ["warming", "active", "frozen"] {
                registry.gauge(
                    "sluice_detector_phase_series", "Series in memory by what a detector does with them.",
                    labels: ["detector": detector, "phase": phase]
                ).set(counts[phase] ?? 0)
            }
        }
    }

    /// A line for each transition, and no more than one a second.
    func log(_ transition: AlertTransition) {
        var fields: Logger.Metadata = [
            "device": "\(transition.fingerprint.device)", "sensor": "\(transition.fingerprint.sensor)",
            "state": "\(transition.to.name)", "severity": "\(transition.severity.name)",
            "detector": "\(transition.fingerprint.detector)", "why": "\(transition.why)",
            "time": "\(transition.subject.time)", "id": "\(transition.alertID)",
        ]
        if let value = transition.subject.value { fields["value"] = "\(value)" }
        alertChanged.emit(fields)
    }

    func loaded(_ outcome: StateStore.Loaded) {
        switch outcome {
        case .found: loadedSeries.add(1)
        case .missing: newSeries.add(1)
        case .unavailable: coldSeries.add(1)
        case .unreadable: unreadableState.emit()
        }
    }

    func refused(_ errors: [any Error]) {
        for error in errors { unreadableState.emit(["why": "\(error)"]) }
    }

    func counted(_ findings: DetectorFindings, learning: [DetectorInput.Learning], series count: Int) {
        anomalies.add(findings.anomalies.count)
        scoredOnly.add(learning.count { $0 == .scoreOnly })
        series.set(count)
    }
}
