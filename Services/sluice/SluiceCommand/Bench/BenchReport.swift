import FoundationEssentials
import Platform

/// Everything that one run of `sluice bench` measured.
struct BenchReport: Encodable {
    struct Usage: Encodable {
        var process: String
        /// Microseconds of CPU for each reading of the throughput phase.
        var cpuMicroseconds: Double
        /// Pages that processes of one family share, as PostgreSQL's backends do, count once.
        var peakMebibytes: Double
    }

    var cores: Int
    /// Readings a second from the first publish to the last commit.
    let readingsPerSecond: Double
    var readings: Int
    /// Messages a second from the broker to an empty subscriber, same publisher, same QoS; unknown when it heard fewer
    /// than two.
    let brokerCeiling: Double?
    /// Follows from the others, and stands in the JSON beside them.
    let ratioToCeiling: Double?
    var usage: [Usage]
    var latencyRate: Int
    var publishToPostgreSQL: LatencySummary?
    var publishToRedis: LatencySummary?
    var publishToAlert: LatencySummary?
    /// Throughput with open dashboards, when that was asked for.
    var watched: WatchedThroughput?
    /// Throughput with more instances, when that was asked for, and what it is of the throughput before.
    var scaledReadingsPerSecond: Double?
    var ratioScaled: Double?

    init(
        cores: Int, readings: Int, readingsPerSecond: Double, brokerCeiling: Double?, usage: [Usage], latencyRate: Int
    ) {
        self.cores = cores
        self.readings = readings
        self.readingsPerSecond = readingsPerSecond
        self.brokerCeiling = brokerCeiling
        self.usage = usage
        self.latencyRate = latencyRate
        ratioToCeiling = brokerCeiling.map { readingsPerSecond / $0 }
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }

    func text() -> String {
        var lines = [
            "throughput  \(whole(readingsPerSecond)) readings/s from publish to commit"
                + " (\(readings) readings, one a message, QoS 1, \(cores) cores)",
            "ceiling     \(whole(brokerCeiling)) messages/s to an empty subscriber; ratio \(fixed(ratioToCeiling, 2))",
        ]
        if let scaledReadingsPerSecond {
            lines.append(
                "scaled      \(whole(scaledReadingsPerSecond)) readings/s with more instances;"
                    + " ratio \(fixed(ratioScaled, 2))")
        }
        if let watched { lines.append(watched.text()) }
        lines += [
            "",
            column("process", 24) + right("CPU µs/reading", 16) + right("peak MiB", 12),
        ]
        lines += usage.map { row in
            column(row.process, 24) + right(fixed(row.cpuMicroseconds, 2), 16) + right(fixed(row.peakMebibytes, 1), 12)
        }
        lines += [
            "",
            column("latency at \(latencyRate)/s, ms", 24)
                + ["p50", "p99", "p99.9", "max"].map { right($0, 10) }.joined(),
            row("publish → Redis", publishToRedis),
            row("publish → alert", publishToAlert),
            row("publish → PostgreSQL", publishToPostgreSQL),
        ]
        return lines.joined(separator: "\n")
    }

    private func row(_ name: String, _ summary: LatencySummary?) -> String {
        guard let summary else { return column(name, 24) + "no sample" }
        let values = [summary.p50, summary.p99, summary.p999, summary.max]
        return column(name, 24) + values.map { right(fixed($0, 1), 10) }.joined() + "   (\(summary.count) samples)"
    }

    private func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: Swift.max(1, width - text.count))
    }

    private func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: Swift.max(1, width - text.count)) + text
    }

    private func fixed(_ value: Double?, _ digits: Int) -> String {
        value.map { $0.fixed(digits) } ?? "–"
    }

    private func whole(_ value: Double?) -> String { fixed(value, 0) }
}
