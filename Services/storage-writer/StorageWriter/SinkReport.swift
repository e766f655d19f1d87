internal import IOLoop
internal import Observability
internal import Plugins

/// Shows how a sink is: a check that is never red, and what it wrote and dropped.
@IOThread
struct SinkReport {
    private let sink: any Sink
    private let check: HealthCheck
    private let written: Counter
    private let dropped: Counter
    private let isUp: Gauge

    init(_ sink: any Sink, board: HealthBoard, registry: MetricsRegistry) {
        self.sink = sink
        check = board.check(sink.name, initially: .degraded)
        written = registry.counter(
            "sluice_sink_written_readings_total", "Stored readings that a sink behind PostgreSQL has taken.",
            labels: ["sink": sink.name])
        dropped = registry.counter(
            "sluice_sink_dropped_readings_total", "Stored readings that a sink behind PostgreSQL could not take.",
            labels: ["sink": sink.name])
        isUp = registry.connection(to: sink.name)
    }

    func look() {
        switch sink.status {
        case .ok: check.report(.ok)
        case .degraded(let why): check.report(.degraded, why)
        }
        isUp.set(sink.status == .ok ? 1 : 0)
        let counts = sink.counts
        written.add(max(0, counts.written - written.value))
        dropped.add(max(0, counts.dropped - dropped.value))
    }
}
