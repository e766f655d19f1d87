/// Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func append(_ family: MetricFamily) {
        text += "# HELP \(family.name) \(Self.escape(family.help, quotes: false))\n"
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        for (labels, instrument) in family.series {
            append(family.name, labels, instrument)
        }
    }

    private mutating func append(_ name: String, _ labels: String, _ instrument: Instrument) {
        switch instrument {
        case .counter(let counter): append(name, labels, "\(counter.value)")
        case .gauge(let gauge): append(name, labels, Self.number(gauge.value))
        case .sampled(let reading): append(name, labels, Self.number(reading()))
        case .histogram(let histogram): append(name, labels, histogram)
        }
    }

    private mutating func append(_ name: String, _ labels: String, _ histogram: Histogram) {
        let counts = histogram.cumulativeCounts
        let bounds = histogram.buckets.map(Self.number) + ["+Inf"]
        for (bound, count) in zip(bounds, counts) {
            let bucket = "le=\"\(bound)\""
            append("\(name)_bucket", labels.isEmpty ? bucket : "\(labels),\(bucket)", "\(count)")
        }
        append("\(name)_sum", labels, Self.number(histogram.sum))
        // The last bucket, not a count of its own: the two must agree though others observe meanwhile.
        append("\(name)_count", labels, "\(counts.last ?? 0)")
    }

    private mutating func append(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// `a="x",b="y"`.
    static func labels(_ labels: MetricsRegistry.Labels) -> String {
        labels.map { "\($0)=\"\(escape($1, quotes: true))\"" }.joined(separator: ",")
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? escaped.replacing("\"", with: "\\\"") : escaped
    }

    /// Integers without `.0`, and Prometheus' own names for what is no number.
    private static func number(_ value: Double) -> String {
        if let integer = Int(exactly: value) { return "\(integer)" }
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
    }
}

extension MetricsRegistry {
    /// The content type of ``prometheusText()``.
    public static var contentType: String { PrometheusText.contentType }
}
