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
        let sighting = Sighting(key: instance, address: HTTPAddress(host: "127.0.0.1", port: 1), record: record)
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
                    sluice_link_oldest_seconds{upstream="mqtt-ingest-1"} 0.\(number)
                    sluice_utilization 0.\(number)
                    """
                })
        }
        let status = status(workers + [ingest])
        let services = try #require(status.services)
        #expect(services.map(\.name) == PipelineReadiness.path)
        #expect(services[1].instances == 2 && services[1].utilization == 0.2)
        #expect(services.first?.receivedPerSecond == 500)
        let link = try #require(status.links?.first)
        #expect(status.links?.count == 4)
        #expect((link.from, link.to) == ("mqtt-ingest", "preprocessor"))
        #expect(link.readingsPerSecond == 200 && link.inFlight == 6 && link.credit == 90 && link.depth == 7)
        // Of the slower of the two pipes.
        #expect(link.lagSeconds == 0.2)
        #expect(status.json().contains(#""lag_seconds":0.2"#))
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
        let others = try path(without: "storage-writer", calm: "preprocessor")
        #expect(status(others + [busy]).flow?.bottleneck == "storage-writer")
        #expect(
            status(others + [busy]).flow?.sentence == "storage-writer is the bottleneck: busy 97 % of the time")
        let calm = status(try path(calm: "preprocessor"))
        #expect(calm.flow?.bottleneck == nil)
        #expect(calm.flow?.sentence == "nothing holds readings up; the busiest is preprocessor, 20 %")
        let gone = silent(try history("aggregator", [""]))
        let rest = try path(without: "storage-writer", "aggregator")
        #expect(status(rest + [busy, gone]).flow?.bottleneck == "aggregator")
        // Another one works.
        let other = try history("aggregator", number: 2, [""])
        #expect(status(rest + [busy, gone, other]).flow?.bottleneck == "storage-writer")
    }

    /// One of each on the path.
    private func path(without absent: String..., calm: String? = nil) throws -> [InstanceHistory] {
        try PipelineReadiness.path.filter { !absent.contains($0) }.map { service in
            try history(service, [service == calm ? "sluice_utilization 0.2" : ""])
        }
    }

    private func silent(_ history: InstanceHistory) -> InstanceHistory {
        var history = history
        history.observe(
            Observation(.none(.silent, "nothing")), history.sighting, at: start.advanced(by: .seconds(20)))
        return history
    }

    @Test func `what a dead instance said last is not in the sums`() throws {
        func page(_ count: Int, _ utilization: Double) -> String {
            """
            sluice_utilization \(utilization)
            sluice_inflight_readings 40
            sluice_credit_readings 10
            process_resident_memory_bytes 1000
            sluice_e2e_latency_seconds_bucket{le="1"} \(count)
            sluice_e2e_latency_seconds_bucket{le="+Inf"} \(count)
            """
        }
        let busy = try history("storage-writer", [page(0, 0.97), page(100, 0.97)])
        let other = try history("storage-writer", number: 2, [page(0, 0.1), page(0, 0.1)])
        let others =
            try path(without: "storage-writer", "preprocessor")
            + [try history("preprocessor", ["sluice_utilization 0.9"])]
        let before = status(others + [busy, other])
        #expect(before.flow?.bottleneck == "storage-writer" && before.flow?.e2eP99Seconds != nil)
        #expect(before.services?[3].inFlight == 80 && before.services?[3].memoryBytes == 2_000)
        let after = status(others + [silent(busy), other])
        #expect(after.flow?.bottleneck == "preprocessor")
        let writer = try #require(after.services?[3])
        #expect(writer.instances == 2 && writer.utilization == 0.1 && writer.inFlight == 40)
        #expect(writer.memoryBytes == 1_000 && after.flow?.e2eP99Seconds == nil)
        #expect(after.links?[3].credit == 10)
    }

    @Test(arguments: PipelineReadiness.path)
    func `a service of which nothing runs is shown, and readings wait for it`(name: String) throws {
        var others = try PipelineReadiness.path.filter { $0 != name }.map {
            try history($0, ["sluice_utilization 0.9"])
        }
        func expectMissing() throws {
            let status = status(others)
            let services = try #require(status.services)
            #expect(services.map(\.name) == PipelineReadiness.path)
            let missing = try #require(services.first { $0.name == name })
            #expect(missing.instances == 0 && missing.state == .down)
            let links = try #require(status.links)
            #expect(links.map(\.from) == Array(PipelineReadiness.path.dropLast()))
            #expect(links.map(\.to) == Array(PipelineReadiness.path.dropFirst()))
            #expect(status.flow?.bottleneck == name)
            #expect(status.flow?.sentence == "no \(name) runs: readings wait for it")
        }
        try expectMissing()
        // One that has ended in good order is not there either.
        var left = try history(name, ["sluice_utilization 0.9"])
        left.left(at: start.advanced(by: .seconds(5)))
        others.append(left)
        try expectMissing()
    }

    @Test func `who is not on the path holds nothing up`() throws {
        let edge = try history("edge-processor", ["sluice_utilization 0.99"])
        let stray = Sighting(key: "10.0.0.9:9100", address: HTTPAddress(host: "10.0.0.9", port: 9100), record: nil)
        var unknown = InstanceHistory(stray, at: start)
        unknown.observe(Observation(.none(.silent, "nothing")), stray, at: start.advanced(by: .seconds(20)))
        let status = status(try path(calm: "aggregator") + [silent(edge), edge, unknown])
        #expect(status.flow?.bottleneck == nil)
        #expect(status.flow?.sentence == "nothing holds readings up; the busiest is aggregator, 20 %")
        #expect(status.services?.map(\.name) == ["edge-processor"] + PipelineReadiness.path)
        #expect(status.instances.contains { $0.name == "unknown" && $0.state == .stalled })
    }

    @Test func `where nothing runs, nobody waits for one service alone`() {
        let flow = status([]).flow
        #expect(flow?.bottleneck == nil && flow?.sentence == "no service of the pipeline runs")
    }

    @Test func `what is not known is left out`() throws {
        let json = status([try history("preprocessor", [""])]).json()
        #expect(!json.contains("null"))
        #expect(!json.contains("p99_seconds"))
        #expect(json.contains(#"{"instances":1,"name":"preprocessor","state":"ready"}"#))
        #expect(json.contains(#"{"from":"mqtt-ingest","to":"preprocessor"}"#))
    }
}
