import Foundation

/// What a service answers under `/metrics`.
struct MetricsPage {
    struct Family {
        var type: String
        var help: String
        /// By name, without `le`.
        var labels: [[String: String]] = []
    }

    var service: String
    var text: String
    private(set) var families: [String: Family] = [:]

    init(service: String, text: String) {
        self.service = service
        self.text = text
        for line in text.split(separator: "\n") { take(line) }
    }

    private mutating func take(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map { String($0) }
        if line.hasPrefix("# HELP ") {
            families[words[2]] = Family(type: "", help: words.count > 3 ? words[3] : "")
        } else if line.hasPrefix("# TYPE ") {
            families[words[2]]?.type = words[3]
        } else {
            let name = String(line.prefix { $0 != "{" && $0 != " " })
            families[family(of: name)]?.labels.append(Self.labels(of: line))
        }
    }

    private func family(of name: String) -> String {
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            let stem = String(name.dropLast(suffix.count))
            if families[stem]?.type == "histogram" { return stem }
        }
        return name
    }

    private static func labels(of line: Substring) -> [String: String] {
        let pairs = line.matches(of: /([a-z_]+)="((?:[^"\\]|\\.)*)"/).map {
            (String($0.output.1), String($0.output.2))
        }
        return Dictionary(pairs) { first, _ in first }.filter { $0.key != "le" }
    }

    /// Every value of a label of this name.
    func values(of label: String) -> Set<String> {
        Set(families.values.flatMap { $0.labels.compactMap { $0[label] } })
    }
}
