import FoundationEssentials
import Platform

/// Throughput by turns without and with open dashboards.
struct WatchedThroughput {
    let streams: Int
    var alone: [Turn] = []
    var watched: [Turn] = []

    struct Turn: Encodable {
        var readingsPerSecond: Double
        /// Microseconds of CPU a reading, of all that a reading passes: servers and services but for the health-monitor.
        var dataPathCPU: Double
        /// The same of the health-monitor.
        var monitorCPU: Double
        var monitorPeakMebibytes: Double

        init(_ throughput: BenchRun.Throughput) {
            readingsPerSecond = throughput.rate
            let monitors = throughput.usage.filter { $0.process.hasPrefix(ServiceKind.monitor.name) }
            monitorCPU = monitors.map(\.cpuMicroseconds).reduce(0, +)
            dataPathCPU = throughput.usage.map(\.cpuMicroseconds).reduce(0, +) - monitorCPU
            monitorPeakMebibytes = monitors.map(\.peakMebibytes).reduce(0, +)
        }
    }

    /// Of as many readings in each turn: readings by time.
    var ratio: Double { Self.time(alone) / Self.time(watched) }
    var cpuRatio: Double { Self.mean(watched, \.dataPathCPU) / Self.mean(alone, \.dataPathCPU) }

    private static func time(_ turns: [Turn]) -> Double { turns.map { 1 / $0.readingsPerSecond }.reduce(0, +) }

    static func mean(_ turns: [Turn], _ figure: (Turn) -> Double) -> Double {
        turns.map(figure).reduce(0, +) / Double(turns.count)
    }

    func text() -> String {
        func figure(_ key: (Turn) -> Double, _ digits: Int) -> String {
            [watched, alone].map { Self.mean($0, key).fixed(digits) }.joined(separator: " against ")
        }
        return """
            watched     \(figure(\.readingsPerSecond, 0)) readings/s with and without \(streams) open dashboards, by turns; \
            ratio \(ratio.fixed(3))
                        CPU a reading of the data path \(figure(\.dataPathCPU, 2)) µs, ratio \
            \(cpuRatio.fixed(3)); of health-monitor \(figure(\.monitorCPU, 2)) µs, \
            at most \(figure(\.monitorPeakMebibytes, 0)) MiB
            """
    }
}

extension WatchedThroughput: Encodable {
    private enum CodingKeys: String, CodingKey {
        case streams, alone, watched, ratio, cpuRatio
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(streams, forKey: .streams)
        try container.encode(alone, forKey: .alone)
        try container.encode(watched, forKey: .watched)
        try container.encode(ratio, forKey: .ratio)
        try container.encode(cpuRatio, forKey: .cpuRatio)
    }
}
