import Foundation
import Model
import Observability
import Testing

@Suite struct PrometheusTests {
    private let registry = MetricsRegistry()

    @Test func `a counter has help, type and value`() {
        registry.counter("sluice_things_total", "Things\nof \\ two lines.").add(3)
        let expected = """
            # HELP sluice_things_total Things\\nof \\\\ two lines.
            # TYPE sluice_things_total counter
            sluice_things_total 3

            """
        #expect(registry.prometheusText() == expected)
    }

    @Test func `series of one name share help and type`() {
        registry.counter("sluice_a_total", "A.", labels: ["kind": "x"]).add(1)
        registry.gauge("sluice_b", "B.").set(2.5)
        registry.counter("sluice_a_total", "A.", labels: ["kind": "y"]).add(2)
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(
            lines == [
                "# HELP sluice_a_total A.", "# TYPE sluice_a_total counter", "sluice_a_total{kind=\"x\"} 1",
                "sluice_a_total{kind=\"y\"} 2", "# HELP sluice_b B.", "# TYPE sluice_b gauge", "sluice_b 2.5",
            ])
    }

    @Test func `the same name and labels are the same instrument`() {
        let first = registry.counter("sluice_a_total", "A.", labels: ["kind": "x"])
        let second = registry.counter("sluice_a_total", "A.", labels: ["kind": "x"])
        #expect(first === second)
    }

    @Test func `label values are escaped`() {
        registry.gauge("sluice_g", "G.", labels: ["path": "a\"b\\c\nd"]).set(1)
        #expect(registry.prometheusText().contains(#"sluice_g{path="a\"b\\c\nd"} 1"#))
    }

    @Test func `histograms are cumulative, with a sum and a count`() {
        let histogram = registry.histogram("sluice_latency_seconds", "L.", buckets: [0.1, 1], labels: ["s": "a"])
        histogram.observe(.milliseconds(50), times: 3)
        histogram.observe(0.1)
        histogram.observe(0.5)
        histogram.observe(7)
        let lines = registry.prometheusText().split(separator: "\n").dropFirst(2)
        #expect(
            Array(lines.prefix(3)) == [
                #"sluice_latency_seconds_bucket{s="a",le="0.1"} 4"#, #"sluice_latency_seconds_bucket{s="a",le="1"} 5"#,
                #"sluice_latency_seconds_bucket{s="a",le="+Inf"} 6"#,
            ])
        #expect(lines.last == #"sluice_latency_seconds_count{s="a"} 6"#)
        #expect(abs(histogram.sum - 7.75) < 1e-9)
    }

    @Test func `numbers that are none have Prometheus' names`() {
        registry.gauge("sluice_nan", "", reading: { .nan })
        registry.gauge("sluice_inf", "", reading: { -.infinity })
        #expect(registry.prometheusText().contains("sluice_nan NaN\n"))
        #expect(registry.prometheusText().contains("sluice_inf -Inf\n"))
    }

    @Test func `every discard reason exists at zero`() {
        let discards = DiscardCounters(in: registry)
        discards.count(.filtered, 2, as: .dropped)
        discards.count(.filtered)
        let text = registry.prometheusText()
        for reason in DiscardReason.allCases {
            #expect(text.contains("sluice_discarded_readings_total{reason=\"\(reason.rawValue)\","))
        }
        #expect(text.contains(#"{reason="filtered",intentional="true"} 2"#))
        #expect(text.contains(#"{reason="filtered",intentional="false"} 1"#))
        #expect(discards.total == 3)
        #expect(registry.sums("sluice_discarded_readings_total", by: "reason")["filtered"] == 3)
        let dropped = registry.sums("sluice_discarded_readings_total", by: "reason", having: #"intentional="true""#)
        #expect(dropped["filtered"] == 2)
    }

    @Test func `threads that count at once lose nothing`() async {
        let counter = registry.counter("sluice_c_total", "")
        let gauge = registry.gauge("sluice_g", "")
        let histogram = registry.histogram("sluice_h", "", buckets: [1])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.add()
                        gauge.add(1)
                        histogram.observe(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 80_000)
        #expect(gauge.value == 80_000)
        #expect(histogram.cumulativeCounts == [80_000, 80_000])
        #expect(histogram.sum == 40_000)
    }

    @Test func `readiness and each check are metrics, as they are at the scrape`() {
        let board = HealthBoard()
        HealthMetrics.register(in: registry, board: board)
        board.enter(.running)
        let check = board.check("redis", initially: .degraded)
        #expect(registry.prometheusText().contains("sluice_ready 1\n"))
        #expect(registry.prometheusText().contains(#"sluice_check_status{check="redis"} 1"#))
        check.report(.fail, "away")
        let text = registry.prometheusText()
        #expect(text.contains("sluice_ready 0\n"))
        #expect(text.contains(#"sluice_check_status{check="redis"} 2"#))
        #expect(text.contains(#"sluice_check_status{check="lifecycle"} 0"#))
    }

    @Test func `the process knows its memory and its time`() {
        ProcessMetrics.register(in: registry, service: "s", instance: "s-1", version: "0.1.0")
        let text = registry.prometheusText()
        #expect(text.contains(#"sluice_build_info{service="s",instance="s-1",version="0.1.0"} 1"#))
        let descriptors = registry.sum("process_open_fds")
        #expect(descriptors > 2 && descriptors < registry.sum("process_max_fds"))
        let memory = text.split(separator: "\n").first { $0.hasPrefix("process_resident_memory_bytes ") }
        #expect((memory?.split(separator: " ").last.flatMap { Double($0) } ?? 0) > 1_000_000)
    }
}
