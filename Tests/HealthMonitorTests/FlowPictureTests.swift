import HTTPEndpoints
import Model
import StageRuntime
import Testing

@testable import HealthMonitor

@Suite struct FlowPictureTests {
    private let start = Timestamp(seconds: 1_000_000)

    /// An instance that was looked at twice, a second apart.
    private func history(_ service: String, number: Int = 1, _ pages: [String]) throws -> InstanceHistory {
        let instance = "\(service)-\(number)"
        let record = InstanceRecord(name: service, instance: instance, pid: 1, version: "0.1.0")
        let sighting = Sighting(key: instance, host: "127.0.0.1", port: 1, record: record)
        var history = InstanceHistory(sighting, at: start)
        let json = #"{"status":"ok","phase":"running","checks":[],"version":"0.1.0","uptime":1}"#
        let report = try #require(HealthReport(json: json))
        for (second, page) in pages.enumerated() {
            history.observe(
                Observation(.health(report, isReady: true, figures: Figures(prometheusText: page))), sighting,
                at: start.advanced(by: .seconds(second)))
        }
        return history
    }

    private func status(_ histories: [InstanceHistory]) -> FleetStatus { FleetStatus(histories, at: start) }

    @Test func `instances of a service are taken together, and pipes between services`() throws {
        let ingest = try history(
            "mqtt-ingest",
            [0, 500].map {
                "sluice_received_readings_total \($0)\nsluice_spool_readings 7\nsluice_credit_readings 90\n"
            })
        let workers = try [1, 2].map { number in
            try history(
                "preprocessor", number: number,
                [0, 100].map {
                    """
                    sluice_link_received_readings_total{upstream="mqtt-ingest-1"} \($0)
                    sluice_link_inflight_readings{upstream="mqtt-ingest-1"} 3
                    sluice_utilization 0.\(number)
                    """
                })
        }
        let status = status(workers + [ingest])
        let services = try #require(status.services)
        #expect(services.map(\.name) == ["mqtt-ingest", "preprocessor"])
        #expect(services.last?.instances == 2 && services.last?.utilization == 0.2)
        #expect(services.first?.receivedPerSecond == 500)
        let link = try #require(status.links?.first)
        #expect(status.links?.count == 1)
        #expect((link.from, link.to) == ("mqtt-ingest", "preprocessor"))
        #expect(link.readingsPerSecond == 200 && link.inFlight == 6 && link.credit == 90 && link.depth == 7)
        #expect(status.flow?.receivedPerSecond == 500 && status.flow?.spoolReadings == 7)
    }

    @Test func `how long readings take is of the last looks alone`() throws {
        func page(_ fast: Int, _ slow: Int) -> String {
            """
            sluice_e2e_latency_seconds_bucket{le="0.01"} \(fast)
            sluice_e2e_latency_seconds_bucket{le="1"} \(fast + slow)
            sluice_e2e_latency_seconds_bucket{le="+Inf"} \(fast + slow)
            """
        }
        let writer = try history("storage-writer", [page(1_000, 0), page(1_000, 100)])
        let flow = try #require(status([writer]).flow)
        // Of the hundred between the looks all took between 0.01 and 1 s.
        #expect(flow.e2eP50Seconds == 0.01 + 0.99 * 0.5)
        #expect(status([try history("storage-writer", [page(1_000, 0)])]).flow?.e2eP50Seconds == nil)
    }

    @Test func `the busiest service is named, and the one that does not work before it`() throws {
        let busy = try history("storage-writer", ["sluice_utilization 0.97"])
        let calm = try history("preprocessor", ["sluice_utilization 0.2"])
        #expect(status([busy, calm]).flow?.bottleneck == "storage-writer")
        #expect(status([busy, calm]).flow?.sentence == "storage-writer is the bottleneck: busy 97 % of the time")
        #expect(status([calm]).flow?.bottleneck == nil)
        #expect(status([calm]).flow?.sentence == "nothing holds readings up; the busiest is preprocessor, 20 %")
        var gone = try history("aggregator", [""])
        gone.observe(Observation(.none(.silent, "nothing")), gone.sighting, at: start.advanced(by: .seconds(20)))
        #expect(status([busy, gone]).flow?.bottleneck == "aggregator")
        // Another one works.
        let other = try history("aggregator", number: 2, [""])
        #expect(status([busy, gone, other]).flow?.bottleneck == "storage-writer")
    }

    @Test func `what is not known is left out`() throws {
        let json = status([try history("preprocessor", [""])]).json()
        #expect(!json.contains("null"))
        #expect(!json.contains("p99_seconds"))
        #expect(json.contains(#""services":[{"instances":1,"name":"preprocessor","state":"ready"}]"#))
    }

    @Test func `labels are found behind others, whatever is in them`() {
        let page = MetricsPage(text: "# HELP a b\na{x=\"1,upstream=\\\"z\",upstream=\"i-1\"} 2\nb 3\nbroken\n")
        let samples = Array(page)
        #expect(samples.map(\.name) == ["a", "b"])
        #expect(samples.first?.label("upstream") == "i-1")
        #expect(samples.first?.label("y") == nil)
    }
}
