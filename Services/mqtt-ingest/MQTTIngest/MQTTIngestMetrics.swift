internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Pipes
internal import Spool
internal import StageRuntime

/// What mqtt-ingest counts. Added to once a batch, but for messages.
@IOThread
final class MQTTIngestMetrics {
    let messages: Counter
    let duplicateMessages: Counter
    let sent: Counter
    let refusedBatches: Counter
    let disconnected: EventKind
    let stopped: EventKind
    let adopted: EventKind
    let released: EventKind
    let notAdopted: EventKind
    let notSubscribed: EventKind
    let notLeft: EventKind
    let utilization: Utilization
    private let outbound: OutboundMetrics
    private let salvaged: EventKind
    private let received: Counter
    private let presence: Counter
    private let deadLetters: Counter
    private let discarded: DiscardCounters
    private let batches: Counter
    private let spooledBytes: Counter
    private let commitLatency: Histogram
    private let spoolBytes: Gauge
    private let spoolLimit: Gauge
    private let spoolWeight: Gauge
    private let spoolAge: Gauge
    private let freeBytes: Gauge
    private let minimumFree: Gauge
    private let damaged: Gauge
    private let adoptedWeight: Gauge
    private let connected: Gauge
    private let inFlight: Gauge
    private let inFlightReadings: Gauge

    init(in registry: MetricsRegistry, logger: Logger) {
        messages = registry.receivedMessages()
        duplicateMessages = registry.duplicateMessages()
        received = registry.receivedReadings()
        presence = registry.counter("sluice_presence_changes_total", "Presence messages taken from the broker.")
        deadLetters = registry.counter("sluice_dead_letters_total", "Messages and readings that became dead letters.")
        discarded = DiscardCounters(in: registry)
        batches = registry.counter("sluice_spooled_batches_total", "Batches committed to the spool.")
        spooledBytes = registry.counter("sluice_spooled_bytes_total", "Encoded bytes committed to the spool.")
        sent = registry.sentReadings()
        refusedBatches = registry.counter("sluice_refused_batches_total", "Batches that downstream cannot take.")
        commitLatency = registry.stageLatency()
        spoolBytes = registry.spoolBytes()
        spoolLimit = registry.spoolLimit()
        spoolWeight = registry.gauge(
            "sluice_spool_readings", "Readings, dead letters and presence changes in the spool.")
        spoolAge = registry.gauge("sluice_spool_oldest_seconds", "Age of the oldest batch in the spool.")
        freeBytes = registry.spoolFree()
        minimumFree = registry.spoolMinimumFree()
        damaged = registry.gauge("sluice_spool_damaged_batches", "Damaged batches that were set aside.")
        adoptedWeight = registry.gauge(
            "sluice_adopted_readings", "Readings, dead letters and presence changes in spools taken over from others.")
        connected = registry.connection(to: "mqtt")
        inFlight = registry.gauge("sluice_inflight_batches", "Batches sent downstream and not yet acknowledged.")
        inFlightReadings = registry.inFlightReadings()
        utilization = Utilization(in: registry)
        outbound = OutboundMetrics(in: registry)
        notSubscribed = EventKind(
            "subscribe_failed", level: .error, "cannot subscribe", logger: logger, registry: registry)
        notLeft = EventKind(
            "session_left_behind", level: .error,
            "the session stays with the broker; start this instance again to let it leave", logger: logger,
            registry: registry)
        disconnected = EventKind(
            "broker_disconnected", level: .warning, "lost the broker", logger: logger, registry: registry)
        stopped = EventKind(
            "reading_stopped", level: .error, "nothing is taken from the broker", logger: logger, registry: registry)
        adopted = EventKind(
            "spool_adopted", level: .notice, "delivers a spool that was left", logger: logger, registry: registry)
        released = EventKind(
            "spool_released", level: .notice, "has let go of a spool", logger: logger, registry: registry)
        salvaged = EventKind(
            "spool_salvaged", level: .error, "a damaged spool was replaced by what could be read of it", logger: logger,
            registry: registry)
        notAdopted = EventKind(
            "spool_not_adopted", level: .error, "a spool that was left cannot be delivered", logger: logger,
            registry: registry)
    }

    /// Readings, dead letters and presence changes in the spool, ever.
    var itemsTaken: Int { received.value + deadLetters.value + presence.value }

    func count(_ batch: ReadingBatch, bytes: Int, latency: Duration) {
        received.add(batch.count)
        presence.add(batch.presence.count)
        deadLetters.add(batch.deadLetters.count)
        for letter in batch.deadLetters { discarded.count(letter.reason) }
        batches.add(1)
        spooledBytes.add(bytes)
        commitLatency.observe(latency, times: batch.count)
    }

    func count(_ report: SalvageReport, of spool: String) {
        salvaged.emit([
            "spool": "\(spool)", "damage": "\(report.reason)", "saved_batches": "\(report.saved)",
            "damaged_batches": "\(report.damaged)", "kept_as": "\(report.quarantine)",
        ])
    }

    func sample(_ status: SpoolStatus, adopted: Int, isConnected: Bool, inFlightBatches: Int, at now: Timestamp) {
        spoolBytes.set(status.bytes)
        spoolLimit.set(status.limitBytes)
        spoolWeight.set(status.weight)
        spoolAge.set(status.oldest.map { Double(now.microseconds - $0.microseconds) / 1e6 } ?? 0)
        freeBytes.set(status.freeBytes == .max ? .nan : Double(status.freeBytes))
        minimumFree.set(status.minimumFreeBytes)
        damaged.set(status.damagedBatches)
        adoptedWeight.set(adopted)
        connected.set(isConnected ? 1 : 0)
        inFlight.set(inFlightBatches)
    }

    func sample(_ pipe: OutboundPipe?) {
        utilization.sampleThread()
        guard let pipe else { return }
        inFlightReadings.set(pipe.counters.inFlightReadings)
        outbound.sample(pipe.counters, workers: pipe.workers.count)
    }
}
