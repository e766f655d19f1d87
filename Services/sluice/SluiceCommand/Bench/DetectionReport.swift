import FoundationEssentials
import Platform

/// What `sluice bench detection` measured.
struct DetectionReport: Encodable {
    let cores: Int
    let detectors: [String]
    let series: Int
    /// That the detector took, and a second.
    let readings: Int
    let readingsPerSecond: Double
    let wantedReadingsPerSecond: Int
    /// Of the detector's process, user and system.
    let cpuMicrosecondsPerReading: Double
    /// Of its memory, what came with the series, divided by them: the detectors' states, what the service knows of a series,
    /// and its part of the buffers for readings under way.
    let bytesPerSeries: Double
    let idleMebibytes: Double
    let mebibytes: Double

    /// - Parameters:
    ///   - idle: before any series.
    ///   - before: with all of them, when the measured readings begin.
    ///   - after: when the last of these has been taken.
    init(
        cores: Int, detectors: [String], series: Int, wantedRate: Int, idle: DetectionBenchRun.Look,
        before: DetectionBenchRun.Look, after: DetectionBenchRun.Look
    ) {
        self.cores = cores
        self.detectors = detectors
        self.series = series
        wantedReadingsPerSecond = wantedRate
        readings = after.readings - before.readings
        readingsPerSecond = Double(readings) / ((after.time - before.time) / .seconds(1))
        cpuMicrosecondsPerReading = (after.cpuSeconds - before.cpuSeconds) * 1e6 / Double(readings)
        bytesPerSeries = Double(after.residentBytes - idle.residentBytes) / Double(series)
        idleMebibytes = Double(idle.residentBytes) / 1_048_576
        mebibytes = Double(after.residentBytes) / 1_048_576
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }

    func text() -> String {
        [
            "detection   \(detectors.joined(separator: ", ")) over \(series) series, \(cores) cores",
            "rate        \(fixed(readingsPerSecond, 0)) readings/s of \(wantedReadingsPerSecond) wanted"
                + " (\(readings) readings)",
            "CPU         \(fixed(cpuMicrosecondsPerReading, 2)) µs a reading, all of the anomaly-detector's process",
            "memory      \(fixed(bytesPerSeries, 0)) bytes a series; resident \(fixed(mebibytes, 1)) MiB,"
                + " \(fixed(idleMebibytes, 1)) before any series",
        ].joined(separator: "\n")
    }

    private func fixed(_ value: Double, _ digits: Int) -> String { value.fixed(digits) }
}
