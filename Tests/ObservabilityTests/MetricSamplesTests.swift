import Observability
import Testing

struct MetricSamplesTests {
    private let page = MetricSamples(
        prometheusText: """
            # HELP sluice_received_readings_total Readings taken from upstream.
            # TYPE sluice_received_readings_total counter
            sluice_received_readings_total 1200
            sluice_loads_total{outcome="found"} 3
            sluice_loads_total{outcome="a b"} 4
            sluice_loads_totals 100
            sluice_link{upstream="mqtt-ingest-1",why="a \\"b\\" c\\\\d, e=f"} 7
            no number here x

            """)

    @Test func `a counter is read by its name, and over its labels it is a sum`() {
        #expect(page.sum("sluice_received_readings_total") == 1_200)
        #expect(page.sum("sluice_loads_total") == 7)
        #expect(page.sum("sluice_loads_total", having: ["outcome": "a b"]) == 4)
        #expect(page.sums("sluice_loads_total", by: "outcome") == ["found": 3, "a b": 4])
    }

    @Test func `what is not counted is not zero`() {
        #expect(page.sum("sluice_loads") == nil)
        #expect(page.sum("sluice_loads_total", having: ["outcome": "other"]) == nil)
        #expect(page.buckets("sluice_loads_total") == nil)
    }

    @Test func `quotes, commas and backslashes in a label stay what they were`() {
        #expect(page["sluice_link"].first?.labels == ["upstream": "mqtt-ingest-1", "why": #"a "b" c\d, e=f"#])
    }

    @Test func `what a registry writes is read as it was`() throws {
        let registry = MetricsRegistry()
        registry.counter("sluice_x_total", "X.", labels: ["name": "a\\b \"c\"\nd"]).add(5)
        registry.gauge("sluice_g", "G.").set(.infinity)
        let latency = registry.histogram("sluice_l_seconds", "L.", buckets: [1, 2], labels: ["kind": "a"])
        latency.observe(0.5, times: 3)
        latency.observe(9)
        let samples = MetricSamples(prometheusText: registry.prometheusText())
        #expect(samples["sluice_x_total"].first?.labels["name"] == "a\\b \"c\"\nd")
        #expect(samples.sum("sluice_g") == .infinity)
        let buckets = try #require(samples.buckets("sluice_l_seconds"))
        #expect(buckets.bounds == [1, 2, .infinity] && buckets.counts == [3, 3, 4])
    }

    @Test func `a quantile lies straight between two bounds, and no further than the last finite one`() throws {
        let buckets = try #require(histogram([("1", 50), ("2", 90), ("4", 100), ("+Inf", 100)]))
        #expect(buckets.quantile(0.5) == 1)
        #expect(buckets.quantile(0.7) == 1.5)
        #expect(buckets.quantile(0.95) == 3)
        #expect(try #require(histogram([("1", 0), ("+Inf", 5)])).quantile(0.99) == 1)
        #expect(try #require(histogram([("1", 0), ("+Inf", 0)])).quantile(0.99) == nil)
    }

    @Test func `the difference of two looks is what came between, also over a restart`() throws {
        let first = try #require(histogram([("1", 50), ("2", 90), ("+Inf", 100)]))
        let second = try #require(histogram([("1", 50), ("2", 98), ("+Inf", 110)]))
        #expect(second.since(first).counts == [0, 8, 10])
        #expect(second.since(nil) == second)
        let anew = try #require(histogram([("1", 2), ("2", 2), ("+Inf", 3)]))
        #expect(anew.since(second) == anew)
        #expect(first.adding(second)?.counts == [100, 188, 210])
    }

    private func histogram(_ buckets: [(String, Int)]) -> BucketCounts? {
        let lines = buckets.map { "h_bucket{le=\"\($0)\"} \($1)" }
        return MetricSamples(prometheusText: lines.joined(separator: "\n")).buckets("h")
    }
}
