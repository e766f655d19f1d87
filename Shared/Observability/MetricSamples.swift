/// What a page of `/metrics` says: Prometheus' text format 0.0.4 as ``MetricsRegistry`` writes it, without time stamps.
public struct MetricSamples: Sendable {
    public struct Sample: Sendable, Hashable {
        public let labels: [String: String]
        public let value: Double
    }

    private var byName: [String: [Sample]] = [:]

    /// Lines that are no samples are passed over: the page may be of a newer version.
    public init(prometheusText: String) {
        for line in prometheusText.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let (name, sample) = Self.sample(Substring(line)) else { continue }
            byName[name, default: []].append(sample)
        }
    }

    public subscript(name: String) -> [Sample] { byName[name] ?? [] }

    /// Over all series of a counter or gauge.
    ///
    /// - Parameter labels: those that a series must have.
    /// - Returns: nil when there is no such series.
    public func sum(_ name: String, having labels: [String: String] = [:]) -> Double? {
        let samples = self[name].filter { sample in labels.allSatisfy { sample.labels[$0] == $1 } }
        return samples.isEmpty ? nil : samples.reduce(0) { $0 + $1.value }
    }

    /// By the values of one label.
    public func sums(_ name: String, by label: String) -> [String: Double] {
        self[name].reduce(into: [:]) { sums, sample in
            if let value = sample.labels[label] { sums[value, default: 0] += sample.value }
        }
    }

    /// Of a histogram, over all its series; nil when there is none of the name.
    public func buckets(_ name: String) -> BucketCounts? {
        var counts: [Double: Double] = [:]
        for sample in self["\(name)_bucket"] {
            guard let bound = sample.labels["le"].flatMap(Self.number) else { continue }
            counts[bound, default: 0] += sample.value
        }
        return counts.isEmpty ? nil : BucketCounts(counts)
    }

    private static func sample(_ line: Substring) -> (String, Sample)? {
        guard line.utf8.first != UInt8(ascii: "#"), let space = line.utf8.lastIndex(of: UInt8(ascii: " ")),
            let value = number(String(line[space...].dropFirst()))
        else { return nil }
        let series = line[..<space]
        guard let brace = series.utf8.firstIndex(of: UInt8(ascii: "{")) else {
            return (String(series), Sample(labels: [:], value: value))
        }
        return (String(series[..<brace]), Sample(labels: labels(series[brace...].dropFirst()), value: value))
    }

    /// `a="x",b="y"}`; in a value, `\` escapes `\`, `"` and `n`.
    private static func labels(_ text: Substring) -> [String: String] {
        var labels: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].drop { $0 == "," }
            rest = rest[equals...].dropFirst(2)
            labels[String(name)] = quoted(&rest)
        }
        return labels
    }

    private static func quoted(_ rest: inout Substring) -> String {
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            guard character == "\\" else {
                value.append(character)
                continue
            }
            let escaped = rest.popFirst()
            value.append(escaped == "n" ? "\n" : escaped ?? "\\")
        }
        return value
    }

    private static func number(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }
}

/// How many values of a histogram are at most each bound; the last bound is infinite.
public struct BucketCounts: Sendable, Hashable {
    /// Ascending.
    public private(set) var bounds: [Double]
    /// Cumulative.
    public private(set) var counts: [Double]

    init(_ counts: [Double: Double]) {
        bounds = counts.keys.sorted()
        self.counts = bounds.map { counts[$0] ?? 0 }
    }

    public var total: Double { counts.last ?? 0 }

    /// What was observed after `earlier`. A process that has begun anew counts from zero again, and then it is everything.
    public func since(_ earlier: BucketCounts?) -> BucketCounts {
        guard let earlier, earlier.bounds == bounds, zip(counts, earlier.counts).allSatisfy({ $0 >= $1 }) else {
            return self
        }
        var difference = self
        for index in counts.indices { difference.counts[index] -= earlier.counts[index] }
        return difference
    }

    /// Both together; nil when they have other buckets.
    public func adding(_ other: BucketCounts) -> BucketCounts? {
        guard other.bounds == bounds else { return nil }
        var sum = self
        for index in counts.indices { sum.counts[index] += other.counts[index] }
        return sum
    }

    /// The value below which this share of all lies, straight between two bounds as Prometheus' `histogram_quantile`
    /// has it; the last finite bound when it is above that. Nil when nothing was observed.
    public func quantile(_ share: Double) -> Double? {
        guard total > 0, let index = counts.firstIndex(where: { $0 >= share * total }) else { return nil }
        guard bounds[index].isFinite else { return index > 0 ? bounds[index - 1] : nil }
        let (low, below) = index > 0 ? (bounds[index - 1], counts[index - 1]) : (0, 0)
        guard counts[index] > below else { return bounds[index] }
        return low + (bounds[index] - low) * (share * total - below) / (counts[index] - below)
    }
}
