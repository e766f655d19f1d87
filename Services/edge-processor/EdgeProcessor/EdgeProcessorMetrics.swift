internal import IOLoop
internal import Logging
internal import Observability
internal import StageRuntime

/// What edge-processor counts and says.
@IOThread
final class EdgeProcessorMetrics {
    let messages: Counter
    let duplicates: Counter
    let sent: Counter
    let sentReadings: Counter
    let utilization: Utilization
    private let received: Counter
    private let inFlight: Gauge
    private let spoolLimit: Gauge
    private let spoolFree: Gauge
    private let spoolMinimumFree: Gauge
    let spoolFailed: EventKind
    let refused: EventKind
    let modelRefused: EventKind
    let setAside: EventKind
    let unwritten: EventKind
    let inputCut: EventKind
    let badLine: EventKind
    let localLost: EventKind
    let uplinkLost: EventKind
    let notSubscribed: EventKind
    private let stageLatency: Histogram
    private let processed: Counter
    private let withheld: Counter
    private let anomalies: Counter
    private let unprocessed: Counter
    private let spooled: Counter
    private let thinned: EventKind
    private let dropped: EventKind
    private let spoolMessages: Gauge
    private let spoolBytes: Gauge
    private let devices: Gauge
    private let localIsUp: Gauge
    private let uplinkIsUp: Gauge
    /// Given up since the process began, for `/readyz`.
    private(set) var givenUp = 0

    init(in registry: MetricsRegistry, logger: Logger) {
        messages = registry.receivedMessages()
        duplicates = registry.duplicateMessages()
        received = registry.receivedReadings()
        sentReadings = registry.sentReadings()
        inFlight = registry.inFlightReadings()
        stageLatency = registry.stageLatency()
        utilization = Utilization(in: registry)
        processed = registry.counter("sluice_processed_readings_total", "Readings filtered, scored and decided on.")
        withheld = registry.counter(
            "sluice_withheld_readings_total", "Readings not sent, within the error bound of their rule.")
        anomalies = registry.counter("sluice_edge_anomalies_total", "Readings with an anomaly score above 0.8.")
        unprocessed = registry.counter(
            "sluice_unprocessed_readings_total", "Readings of devices beyond device_limit, sent as they came.")
        spooled = registry.counter("sluice_spooled_messages_total", "Messages committed to the spool.")
        sent = registry.counter("sluice_sent_messages_total", "Messages that the central broker has confirmed.")
        spoolMessages = registry.gauge("sluice_spool_messages", "Messages in the spool.")
        spoolBytes = registry.spoolBytes()
        spoolLimit = registry.spoolLimit()
        spoolFree = registry.spoolFree()
        spoolMinimumFree = registry.spoolMinimumFree()
        devices = registry.gauge("sluice_edge_devices", "Devices that are processed.")
        localIsUp = registry.connection(to: "local")
        uplinkIsUp = registry.connection(to: "uplink")
        func event(_ name: String, _ level: Logger.Level, _ message: Logger.Message) -> EventKind {
            EventKind(name, level: level, message, logger: logger, registry: registry, logInterval: .seconds(5))
        }
        spoolFailed = event("spool_failed", .error, "cannot write the spool; nothing is acknowledged")
        refused = event("uplink_refused", .warning, "the central broker refused a message; it stays in the spool")
        setAside = event(
            "uplink_set_aside", .error, "a message that the central broker never takes is set aside in the spool")
        unwritten = event(
            "unwritten", .error, "the end came before these messages could be written, and nobody sends them again")
        inputCut = event("input_cut", .warning, "the end came before that of standard input; the rest is not read")
        badLine = event("bad_line", .warning, "a line is no reading with device_id and sensor_type")
        modelRefused = event("model_refused", .error, "a model file cannot be used")
        localLost = event("local_lost", .warning, "lost the local broker")
        uplinkLost = event("uplink_lost", .warning, "lost the central broker; readings wait in the spool")
        notSubscribed = event("subscribe_failed", .error, "cannot subscribe")
        thinned = event("thinned", .warning, "the spool is full: every second of the oldest readings was given up")
        dropped = event("dropped", .error, "the spool is full: the oldest messages were given up")
    }

    func count(_ output: Gateway.Output, after duration: Duration) {
        let readings = output.processed + output.unprocessed
        received.add(readings)
        stageLatency.observe(duration, times: readings)
        processed.add(output.processed)
        withheld.add(output.withheld)
        anomalies.add(output.anomalies)
        unprocessed.add(output.unprocessed)
        spooled.add(output.messages.count)
    }

    func count(_ thinning: UplinkSpool.Thinning) {
        if thinning.thinned > 0 { thinned.emit(["readings": "\(thinning.thinned)"], count: thinning.thinned) }
        if thinning.dropped > 0 { dropped.emit(["messages": "\(thinning.dropped)"], count: thinning.dropped) }
        givenUp += thinning.thinned + thinning.dropped
    }

    /// - Parameter free: bytes of the disk; nil where it does not say.
    func sample(spoolLimit limit: Int, free: Int?, minimumFree: Int) {
        spoolLimit.set(limit)
        spoolFree.set(free.map(Double.init) ?? .nan)
        spoolMinimumFree.set(minimumFree)
    }

    func sample(
        _ spool: UplinkSpool, devices count: Int, localIsUp isLocalUp: Bool, uplinkIsUp isUplinkUp: Bool
    ) {
        utilization.sampleThread()
        inFlight.set(spool.count)
        spoolMessages.set(spool.count)
        spoolBytes.set(spool.bytes)
        devices.set(count)
        localIsUp.set(isLocalUp ? 1 : 0)
        uplinkIsUp.set(isUplinkUp ? 1 : 0)
    }
}
