import Synchronization

/// All metrics of a process. Making an instrument takes a lock, so make them at the start; using one does not.
///
/// Names follow Prometheus: `sluice_…`, unit last, `_total` for counters. A device is never a label: its values have no bound.
public final class MetricsRegistry: Sendable {
    /// Written in this order; duplicates by name give the same label twice and are refused by Prometheus.
    public typealias Labels = KeyValuePairs<String, String>

    private let families = Mutex<[MetricFamily]>([])
    private let samplers = Mutex<[@Sendable () -> Void]>([])

    public init() {}

    /// The same name and labels give the same counter again.
    public func counter(_ name: String, _ help: String, labels: Labels = [:]) -> Counter {
        let instrument = instrument(name, help, .counter, labels) { .counter(Counter()) }
        guard case .counter(let counter) = instrument else { preconditionFailure("\(name) is no counter") }
        return counter
    }

    public func gauge(_ name: String, _ help: String, labels: Labels = [:]) -> Gauge {
        let instrument = instrument(name, help, .gauge, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = instrument else { preconditionFailure("\(name) is no settable gauge") }
        return gauge
    }

    /// A gauge that is asked while scraping, on the scraping thread.
    public func gauge(_ name: String, _ help: String, labels: Labels = [:], reading: @escaping @Sendable () -> Double) {
        _ = instrument(name, help, .gauge, labels) { .sampled(reading) }
    }

    /// A counter that somebody else keeps, such as the kernel.
    public func counter(
        _ name: String, _ help: String, labels: Labels = [:], reading: @escaping @Sendable () -> Double
    ) {
        _ = instrument(name, help, .counter, labels) { .sampled(reading) }
    }

    /// - Parameter buckets: upper bounds, ascending, without the infinite one.
    public func histogram(
        _ name: String, _ help: String, buckets: [Double] = .latencies, labels: Labels = [:]
    ) -> Histogram {
        let instrument = instrument(name, help, .histogram, labels) { .histogram(Histogram(buckets: buckets)) }
        guard case .histogram(let histogram) = instrument else { preconditionFailure("\(name) is no histogram") }
        return histogram
    }

    private func instrument(
        _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ labels: Labels, make: () -> Instrument
    ) -> Instrument {
        families.withLock { families in
            let index = families.firstIndex { $0.name == name } ?? families.endIndex
            if index == families.endIndex { families.append(MetricFamily(name: name, help: help, kind: kind)) }
            precondition(families[index].kind == kind, "\(name) is already a \(families[index].kind.rawValue)")
            return families[index].instrument(labels: PrometheusText.labels(labels), make: make)
        }
    }

    /// Runs before each scrape, on the scraping thread: for figures that somebody else keeps, and that come and go.
    public func beforeScrape(_ sample: @escaping @Sendable () -> Void) {
        samplers.withLock { $0.append(sample) }
    }

    /// Over all labels of a counter or gauge; 0 when there is none of the name.
    public func sum(_ name: String) -> Int {
        values(name).reduce(0) { $0 + Int($1.value) }
    }

    /// By the values of one label.
    ///
    /// - Parameter having: another label with its value, as in `intentional="true"`; empty: all.
    public func sums(_ name: String, by label: String, having: String = "") -> [String: Int] {
        var sums: [String: Int] = [:]
        for (labels, value) in values(name) where having.isEmpty || labels.contains(having) {
            guard let start = labels.firstRange(of: "\(label)=\"")?.upperBound else { continue }
            sums[String(labels[start...].prefix { $0 != "\"" }), default: 0] += Int(value)
        }
        return sums
    }

    private func values(_ name: String) -> [(labels: String, value: Double)] {
        let family = families.withLock { $0.first { $0.name == name } }
        return (family?.series ?? []).compactMap { labels, instrument in
            switch instrument {
            case .counter(let counter): (labels, Double(counter.value))
            case .gauge(let gauge): (labels, gauge.value)
            case .sampled(let read): (labels, read())
            case .histogram: nil
            }
        }
    }

    /// Everything in Prometheus' text format, version 0.0.4.
    public func prometheusText() -> String {
        // All of these run outside the locks: they may make instruments themselves.
        for sample in samplers.withLock({ $0 }) { sample() }
        let families = families.withLock { $0 }
        var text = PrometheusText()
        for family in families { text.append(family) }
        return text.text
    }
}

/// All series of one name.
struct MetricFamily: Sendable {
    enum Kind: String {
        case counter, gauge, histogram
    }

    let name: String
    let help: String
    let kind: Kind
    /// By their labels as they are printed.
    private(set) var series: [(labels: String, instrument: Instrument)] = []

    init(name: String, help: String, kind: Kind) {
        self.name = name
        self.help = help
        self.kind = kind
    }

    mutating func instrument(labels: String, make: () -> Instrument) -> Instrument {
        if let known = series.first(where: { $0.labels == labels }) { return known.instrument }
        let instrument = make()
        series.append((labels, instrument))
        return instrument
    }
}

enum Instrument: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)
    case sampled(@Sendable () -> Double)
}
