import ArgumentParser
import Foundation
import Testing

@testable import SluiceCommand

struct DetectionBenchTests {
    @Test func `figures are of the measured readings alone, and memory of the series alone`() throws {
        let report = report(seconds: 30)
        #expect(report.readings == 600_000)
        #expect(report.readingsPerSecond == 20_000)
        #expect(abs(report.cpuMicrosecondsPerReading - 5) < 1e-9)
        #expect(report.bytesPerSeries == 3_000)
        #expect(report.idleMebibytes == 20)
    }

    @Test func `a rate that was not reached is told`() {
        let text = report(seconds: 60).text()
        #expect(text.contains("10000 readings/s of 20000 wanted (600000 readings)"))
        #expect(text.contains("5.00 µs a reading"))
        #expect(text.contains("3000 bytes a series"))
    }

    @Test func `the JSON holds what the text says`() throws {
        let json = try #require(
            try JSONSerialization.jsonObject(with: try report(seconds: 30).json()) as? [String: Any])
        #expect(json["detectors"] as? [String] == ["tailsum", "flat-line", "missing"])
        #expect(json["bytesPerSeries"] as? Double == 3_000)
        #expect(json["wantedReadingsPerSecond"] as? Int == 20_000)
    }

    @Test func `its options are its own, though the bench has some of the same names`() throws {
        let parsed = try Sluice.parseAsRoot(["bench", "detection", "--rate", "500", "--seconds", "2", "--json", "x"])
        let command = try #require(parsed as? DetectionBenchCommand)
        #expect(command.rate == 500 && command.seconds == 2 && command.json == "x" && command.series == 10_000)
        let bench = try #require(try Sluice.parseAsRoot(["bench", "--rate", "500"]) as? PipelineBenchCommand)
        #expect(bench.rate == 500)
        #expect(throws: (any Error).self) { try Sluice.parseAsRoot(["bench", "detection", "--series", "0"]) }
    }

    /// 10 s after the look at an idle process, 600,000 readings of 10,000 series in so many seconds.
    private func report(seconds: Int) -> DetectionReport {
        let start = ContinuousClock.now
        return DetectionReport(
            cores: 2, detectors: DetectionBenchCommand.detectors, series: 10_000, wantedRate: 20_000,
            idle: .init(time: start, cpuSeconds: 0.5, readings: 0, residentBytes: 20 << 20),
            before: .init(
                time: start + .seconds(10), cpuSeconds: 2, readings: 200_000, residentBytes: (20 << 20) + 29_000_000),
            after: .init(
                time: start + .seconds(10 + seconds), cpuSeconds: 5, readings: 800_000,
                residentBytes: (20 << 20) + 30_000_000))
    }
}

struct StageCountersTests {
    @Test func `what is no address is none`() {
        #expect(StageCounters(url: "") == nil)
        #expect(StageCounters(url: "127.0.0.1:9101") == nil)
    }
}
