import Foundation
import Testing

/// The dashboards under `compose/grafana`, as far as they can be judged without a Grafana.
struct DashboardTests {
    fileprivate struct Dashboard: Decodable {
        struct Panel: Decodable {
            struct Position: Decodable {
                var x, y, w, h: Int
            }

            var id: Int
            var type: String
            var title: String
            var gridPos: Position
            var datasource: Source?
            var targets: [Target]?
        }
        struct Source: Decodable {
            var type: String
            var uid: String
        }
        struct Target: Decodable {
            var refId: String
            var expr: String
            var datasource: Source
        }
        struct Variables: Decodable {
            var list: [Variable]
        }
        struct Variable: Decodable {
            var name: String
            var type: String
            var definition: String?
        }

        var uid: String
        var title: String
        var schemaVersion: Int
        var templating: Variables
        var panels: [Panel]

        var queries: [String] {
            panels.flatMap { $0.targets ?? [] }.map(\.expr) + templating.list.compactMap(\.definition)
        }
    }

    private func dashboards() throws -> [Dashboard] {
        let folder = Repository.file("compose/grafana")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "json" }.map {
            try JSONDecoder().decode(Dashboard.self, from: Data(contentsOf: $0))
        }
    }

    @Test func `dashboards and panels have ids of their own, and a place`() throws {
        let all = try dashboards()
        #expect(all.count >= 2)
        #expect(Set(all.map(\.uid)).count == all.count)
        #expect(Set(all.map(\.title)).count == all.count)
        for dashboard in all {
            #expect(dashboard.schemaVersion == 39)
            #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count, "\(dashboard.uid)")
            for panel in dashboard.panels {
                #expect(panel.gridPos.x >= 0 && panel.gridPos.x + panel.gridPos.w <= 24, "\(panel.title)")
                for other in dashboard.panels where other.id > panel.id {
                    #expect(!panel.gridPos.overlaps(other.gridPos), "\(panel.title) and \(other.title)")
                }
            }
        }
    }

    @Test func `every panel asks the data source that is chosen at the top`() throws {
        for dashboard in try dashboards() {
            #expect(dashboard.templating.list.contains { $0.name == "datasource" && $0.type == "datasource" })
            for panel in dashboard.panels where panel.type != "row" {
                #expect(panel.datasource?.uid == "${datasource}", "\(panel.title)")
                let targets = panel.targets ?? []
                #expect(!targets.isEmpty, "\(panel.title)")
                #expect(Set(targets.map(\.refId)).count == targets.count, "\(panel.title)")
                #expect(targets.allSatisfy { $0.datasource.uid == "${datasource}" }, "\(panel.title)")
            }
        }
    }

    @Test func `dashboards use metrics that the documentation lists`() throws {
        let known = try MetricsList().seriesNames
        for dashboard in try dashboards() {
            let names = Set(
                dashboard.queries.flatMap { $0.matches(of: /\b(sluice|process)_[a-z0-9_]+/) }.map {
                    String($0.output.0)
                })
            #expect(names.count > 15)
            #expect(names.subtracting(known) == [], "\(dashboard.uid)")
        }
    }

    /// As rules, with values for the dashboards' variables: promtool has no other way to parse a query.
    @Test func `promtool can parse every query`() async throws {
        let queries = try dashboards().flatMap(\.panels).flatMap { $0.targets ?? [] }.map {
            $0.expr.replacing("$__rate_interval", with: "1m").replacing("$service", with: "storage-writer")
                .replacing("$instance", with: ".*")
        }
        let rules = queries.enumerated().map { number, query in
            "  - record: panel:query\(number)\n    expr: '\(query.replacing("'", with: "''"))'\n"
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).yaml")
        try ("groups:\n- name: panels\n  rules:\n" + rules.joined()).write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try await Promtool.run("check", "rules", file.path)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }
}

extension DashboardTests.Dashboard.Panel.Position {
    fileprivate func overlaps(_ other: Self) -> Bool {
        x < other.x + other.w && other.x < x + w && y < other.y + other.h && other.y < y + h
    }
}
