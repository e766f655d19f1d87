import Foundation
import LocalServers
import Processes
import TestServers
import Testing

extension EndToEnd {
    /// `/metrics` of every service, beside what `docs/metrics.md` says of it.
    struct MetricsTests {
        private let settings = """
            anomaly_detector:
              checkpoint_interval: 1s
              webhooks:
                - { name: nobody, url: "http://127.0.0.1:9/" }
            """

        @Test func `what every service emits is what the documentation lists, and promtool finds no fault in it`()
            async throws
        {
            let list = try MetricsList()
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).yaml")
            try settings.write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            try await withStack(["--config", file.path]) { stack in
                try await stack.publish("sensors/boiler/temperature", #"{"value": 61.5, "unit": "C"}"#)
                try await stack.publish("sensors/boiler/temperature", "no reading")
                try await withEdgeProcessor(of: stack) { edge in
                    let urls =
                        try await stack.status().services.map { ($0.name, $0.url) } + [("edge-processor", edge)]
                    #expect(Set(urls.map(\.0)) == MetricsList.services)
                    var pages: [MetricsPage] = []
                    for (service, url) in urls { pages.append(try await page(of: service, at: url, list)) }
                    for page in pages { try await expectAsListed(page, list) }
                    expectValuesAsListed(pages, list)
                    for (service, url) in urls { try await expectFigures(of: service, at: url) }
                }
            }
        }

        /// As soon as everything listed is there: some figures come with the first readings.
        private func page(of service: String, at url: String, _ list: MetricsList) async throws -> MetricsPage {
            var page = MetricsPage(service: service, text: "")
            let listed = Set(list.metrics(of: service).keys)
            let isComplete = try await eventually(within: 60) {
                page = MetricsPage(service: service, text: try await HTTP.get(url + "/metrics").body)
                return listed.isSubset(of: page.families.keys)
            }
            #expect(isComplete, "\(service) does not emit \(listed.subtracting(page.families.keys).sorted())")
            return page
        }

        private func expectAsListed(_ page: MetricsPage, _ list: MetricsList) async throws {
            let complaints = try await Promtool.check(metrics: page.text)
            #expect(complaints == "", "\(page.service)")
            let listed = list.metrics(of: page.service)
            for (name, family) in page.families {
                guard let metric = listed[name] else {
                    Issue.record("\(page.service) emits \(name), which docs/metrics.md does not list for it")
                    continue
                }
                #expect(family.type == metric.type, "\(name) of \(page.service)")
                #expect(family.help == metric.meaning, "\(name) of \(page.service)")
                for labels in family.labels { #expect(Set(labels.keys) == metric.labels, "\(name) of \(page.service)") }
            }
            for (label, services) in list.occurrences {
                let expected = services.filter { $0.value.contains(page.service) }.keys
                #expect(page.values(of: label) == Set(expected), "\(label) of \(page.service)")
            }
        }

        /// After one reading and one dead letter.
        private func expectFigures(of service: String, at url: String) async throws {
            let way = ["sluice_e2e_latency_seconds_count 1\n", "sluice_sent_readings_total 1\n"]
            let expected = [
                "storage-writer": way, "aggregator": way,
                "mqtt-ingest": [
                    "sluice_received_readings_total 1\n",
                    #"sluice_discarded_readings_total{reason="invalid_json",intentional="false"} 1"#,
                ],
                "health-monitor": [
                    #"sluice_ledger_producers{state="balanced"} 1"#, "sluice_ledger_difference_readings 0\n",
                ],
            ]
            var text = ""
            let isThere = try await eventually(within: 60) {
                text = try await HTTP.get(url + "/metrics").body + "\n"
                return (expected[service, default: []] + ["sluice_ready 1\n"]).allSatisfy(text.contains)
            }
            #expect(isThere, "\(service): \(text)")
        }

        private func expectValuesAsListed(_ pages: [MetricsPage], _ list: MetricsList) {
            for (label, values) in list.values {
                let emitted = Set(pages.flatMap { $0.values(of: label) })
                #expect(emitted == values, "\(label)")
            }
        }

        private func withEdgeProcessor(of stack: Stack, _ body: (String) async throws -> Void) async throws {
            let centre = try await stack.status().infrastructure.mqtt
            try await withPrivateMosquitto { local in
                let folder = try TestDirectory.make()
                let flags = [
                    "http.port=0", "edge_processor.spool.file=\(folder)/spool.sqlite",
                    "edge_processor.local.url=mqtt://127.0.0.1:\(local.server.port)",
                    "edge_processor.uplink.url=mqtt://\(centre.host):\(centre.port)",
                ].flatMap { ["--set", $0] }
                let command = Command(
                    Shell.product("edge-processor").path, ["--instance", "edge-1"] + flags, directory: folder,
                    output: .appended(to: "\(folder)/log"))
                let child = try ChildProcess.spawn(command)
                do {
                    try await body(try await url(inLog: "\(folder)/log"))
                } catch {
                    await child.stop(within: .seconds(60))
                    throw error
                }
                await child.stop(within: .seconds(60))
            }
        }

        private func url(inLog path: String) async throws -> String {
            var url: String?
            _ = await eventually(within: 60) {
                let log = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                url = log.matches(of: /"url":"(http:[^"]+)"/).last.map { String($0.output.1) }
                return url != nil
            }
            return try #require(url)
        }
    }
}
