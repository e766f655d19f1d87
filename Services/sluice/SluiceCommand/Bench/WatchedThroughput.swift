import FoundationEssentials
import Platform

/// Throughput by turns without and with open dashboards, in pairs of neighbours: what drifts as tables grow is alike within a pair.
struct WatchedThroughput {
    let streams: Int
    var pairs: [Pair] = []

    struct Pair: Encodable {
        var alone: Turn
        var watched: Turn
    }

    struct Turn: Encodable {
        var readingsPerSecond: Double
        /// Microseconds of CPU a reading, of all that a reading passes: servers and services but for the health-monitor.
        var dataPathCPU: Double
        /// The same of the health-monitor.
        var monitorCPU: Double
        /// The same of this process, which reads the streams. Dashboards run on other machines.
        var readersCPU: Double
        var monitorPeakMebibytes: Double

        init(_ throughput: BenchRun.Throughput) {
            readingsPerSecond = throughput.rate
            let monitors = throughput.usage.filter { $0.process.hasPrefix(ServiceKind.monitor.name) }
            monitorCPU = monitors.map(\.cpuMicroseconds).reduce(0, +)
            dataPathCPU = throughput.usage.map(\.cpuMicroseconds).reduce(0, +) - monitorCPU
            readersCPU = throughput.ownCPUMicroseconds
            monitorPeakMebibytes = monitors.map(\.peakMebibytes).max() ?? 0
        }
    }

    /// Watched by alone.
    var throughputRatio: RatioOfPairs { ratio(\.readingsPerSecond) }
    var cpuRatio: RatioOfPairs { ratio(\.dataPathCPU) }

    private func ratio(_ figure: (Turn) -> Double) -> RatioOfPairs {
        RatioOfPairs(pairs.map { figure($0.watched) / figure($0.alone) })
    }

    func text() -> String {
        func both(_ key: (Turn) -> Double, _ digits: Int) -> String {
            [mean { key($0.watched) }, mean { key($0.alone) }].map { $0.fixed(digits) }.joined(separator: " against ")
        }
        let peak = pairs.map(\.watched.monitorPeakMebibytes).max() ?? 0
        return """
            watched     \(both(\.readingsPerSecond, 0)) readings/s with and without \(streams) open dashboards, \
            \(pairs.count) times by turns; ratio \(throughputRatio)
                        CPU a reading of the data path \(both(\.dataPathCPU, 1)) µs, ratio \(cpuRatio); \
            of health-monitor \(both(\.monitorCPU, 2)) µs, at most \(peak.fixed(0)) MiB; \
            of this process, which reads them, \(both(\.readersCPU, 2)) µs
            """
    }

    private func mean(_ figure: (Pair) -> Double) -> Double {
        pairs.map(figure).reduce(0, +) / Double(pairs.count)
    }
}

extension WatchedThroughput: Encodable {
    private enum CodingKeys: String, CodingKey {
        case streams, pairs, ratio, cpuRatio
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(streams, forKey: .streams)
        try container.encode(pairs, forKey: .pairs)
        try container.encode(throughputRatio, forKey: .ratio)
        try container.encode(cpuRatio, forKey: .cpuRatio)
    }
}
