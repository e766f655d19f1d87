import Foundation

/// `docs/metrics.md`, as its tables say.
struct MetricsList {
    struct Metric {
        var name: String
        var type: String
        var labels: Set<String>
        var services: Set<String>
        var meaning: String
    }

    static let services: Set = [
        "mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator", "health-monitor",
        "edge-processor",
    ]

    let metrics: [String: Metric]
    /// Those of a label whose values are all known.
    let values: [String: Set<String>]
    /// Services by the value of `error_type` or `event`.
    let occurrences: [String: [String: Set<String>]]

    init() throws {
        let text = try String(contentsOf: Repository.file("docs/metrics.md"), encoding: .utf8)
        let tables = MarkdownTable.all(in: text)
        metrics = Dictionary(
            tables.filter { $0.header.first == "Metric" }.flatMap(\.rows).map { ($0[0].code[0], Metric($0)) }
        ) { first, _ in first }
        let labels = tables.filter { $0.header.first == "Label" }.flatMap(\.rows)
        values = Dictionary(uniqueKeysWithValues: labels.map { ($0[0].code[0], Set($0[1].code)) })
            .filter { !$0.value.isEmpty }
        occurrences = Dictionary(
            uniqueKeysWithValues: ["error_type", "event"].map { label in
                let rows = tables.filter { $0.header.first == "`\(label)`" }.flatMap(\.rows)
                return (label, Dictionary(uniqueKeysWithValues: rows.map { ($0[0].code[0], $0[1].services) }))
            })
    }

    func metrics(of service: String) -> [String: Metric] { metrics.filter { $0.value.services.contains(service) } }

    /// As queries name them: of a histogram its three series.
    var seriesNames: Set<String> {
        Set(
            metrics.values.flatMap { metric in
                guard metric.type == "histogram" else { return [metric.name] }
                return ["_bucket", "_sum", "_count"].map { metric.name + $0 }
            })
    }
}

extension MetricsList.Metric {
    /// - Parameter cells: Metric, Type, Labels, Unit, Services, Meaning.
    fileprivate init(_ cells: [String]) {
        name = cells[0].code[0]
        type = cells[1]
        labels = Set(cells[2].code)
        services = cells[4].services
        meaning = cells[5]
    }
}

extension String {
    /// What stands between backquotes.
    fileprivate var code: [String] { matches(of: /`([^`]+)`/).map { String($0.output.1) } }

    fileprivate var services: Set<String> {
        self == "all" ? MetricsList.services : Set(components(separatedBy: ", "))
    }
}

/// A table of a Markdown file.
struct MarkdownTable {
    var header: [String]
    var rows: [[String]] = []

    static func all(in text: String) -> [MarkdownTable] {
        var tables: [MarkdownTable] = []
        var isInside = false
        for line in text.components(separatedBy: "\n") {
            guard line.hasPrefix("|") else {
                isInside = false
                continue
            }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
            if !isInside {
                tables.append(MarkdownTable(header: cells))
            } else if cells.first?.hasPrefix("---") == false {
                tables[tables.count - 1].rows.append(cells)
            }
            isInside = true
        }
        return tables
    }
}

/// The folder that these tests belong to.
enum Repository {
    static func file(_ path: String) -> URL {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appendingPathComponent(path)
    }
}
