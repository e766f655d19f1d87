import IOLoop
import Model
import Observability
import Plugins
import Testing

@testable import StorageWriter

/// A sink that is neither PostgreSQL nor Redis.
@IOThread
private final class ListedSink: @IOThread Sink {
    let name = "listed"
    var status = SinkStatus.degraded("nobody listens")
    var counts = SinkCounts()

    func start() {}

    func store(_ fresh: [ReadingBatch]) {
        counts.written += fresh.reduce(0) { $0 + $1.count }
    }

    @IOThread
    func drain(within patience: Duration) async {}
    func close() {}
}

@IOThread
struct SinkReportTests {
    @Test func `any sink has a check that is never red, and counters, under its name`() {
        let (sink, board, registry) = (ListedSink(), HealthBoard(), MetricsRegistry())
        let report = SinkReport(sink, board: board, registry: registry)
        func check() -> HealthBoard.Check? { board.checks.first { $0.name == "listed" } }
        func shows(_ line: String) -> Bool {
            registry.prometheusText().split(separator: "\n").contains { $0 == line }
        }
        report.look()
        #expect(check()?.status == .degraded && check()?.detail == "nobody listens")
        #expect(shows(#"sluice_sink_written_readings_total{sink="listed"} 0"#))
        sink.store([.sample(devices: 7)])
        sink.counts.dropped = 2
        sink.status = .ok
        for _ in 1...2 { report.look() }
        #expect(check()?.status == .ok)
        #expect(shows(#"sluice_sink_written_readings_total{sink="listed"} 7"#))
        #expect(shows(#"sluice_sink_dropped_readings_total{sink="listed"} 2"#))
    }
}
