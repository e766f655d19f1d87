import Foundation
import Testing

/// What lies under `compose/prometheus`, and that it speaks of metrics that exist.
struct PrometheusFilesTests {
    @Test func `promtool finds no fault in rules and configuration`() async throws {
        for (kind, file) in [("rules", "alerts.yaml"), ("config", "prometheus.yaml")] {
            let result = try await Promtool.run("check", kind, "--lint=all", "--lint-fatal", path(file))
            #expect(result.status == 0, "\(file): \(result.output)\(result.errors)")
        }
    }

    @Test func `the rules fire when they should and not otherwise`() async throws {
        let result = try await Promtool.run("test", "rules", path("alerts.test.yaml"))
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test func `each rule has a case that fires and one that does not`() throws {
        let cases = try text("alerts.test.yaml").matches(of: /alertname: (\w+)\n +exp_alerts:(.*)/)
        let quiet = Set(cases.filter { $0.output.2 == " []" }.map(\.output.1))
        let firing = Set(cases.filter { $0.output.2.isEmpty }.map(\.output.1))
        let rules = Set(try text("alerts.yaml").matches(of: /- alert: (\w+)/).map(\.output.1))
        #expect(rules.count > 20)
        #expect(firing == rules)
        #expect(quiet == rules)
    }

    @Test func `each rule says how bad it is, what happens, and what to do`() throws {
        for rule in try text("alerts.yaml").components(separatedBy: "- alert: ").dropFirst() {
            let name = rule.prefix { $0 != "\n" }
            #expect(rule.contains(/severity: (critical|warning|info)/), "\(name)")
            #expect(rule.contains("summary: "), "\(name)")
            #expect(rule.contains("description: >-"), "\(name)")
        }
    }

    @Test func `rules use metrics that the documentation lists`() throws {
        let words = try text("alerts.yaml").matches(of: /\b(sluice|process)_[a-z0-9_]+/)
        let names = Set(words.map { String($0.output.0) })
        #expect(names.count > 15)
        let known = try MetricsList().seriesNames.union(try MetricsList().metrics.keys)
        #expect(names.subtracting(known) == [])
    }

    private func path(_ name: String) -> String { Repository.file("compose/prometheus/\(name)").path }

    private func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }
}
