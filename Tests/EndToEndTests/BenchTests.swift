import Foundation
import Testing

extension EndToEnd {
    /// `sluice bench` with loads that take no time: what it reports and what it leaves, not how fast it all is.
    struct BenchTests {
        @Test func `a bench reports everything in one run and leaves nothing`() async throws {
            let bench = try Bench([
                "--readings", "2000", "--devices", "20", "--rate", "1000", "--seconds", "2", "--scale",
                "preprocessor=2", "--streams", "5", "--pairs", "3",
            ])
            try await bench.waitForEnd(within: 180)
            #expect(bench.status == 0)
            let text = try bench.output.text()
            let data = try Data(contentsOf: bench.folder.appendingPathComponent("bench.json"))
            let report = try JSONDecoder().decode(Report.self, from: data)
            #expect(abs(report.ratioToCeiling - report.readingsPerSecond / report.brokerCeiling) < 1e-9)
            #expect(text.contains("ratio ") && text.contains("with more instances"))
            #expect(abs(report.ratioScaled - report.scaledReadingsPerSecond / report.readingsPerSecond) < 1e-9)
            #expect(text.contains("without 5 open dashboards"))
            let watched = report.watched.pairs.map(\.watched)
            #expect(watched.count == 3)
            #expect(watched.allSatisfy { $0.dataPathCPU > $0.monitorCPU && $0.monitorPeakMebibytes > 1 })
            let ratios = report.watched.pairs.map { $0.watched.readingsPerSecond / $0.alone.readingsPerSecond }
            #expect(abs(pow(report.watched.ratio.ratio, 3) - ratios.reduce(1, *)) < 1e-9)
            #expect(report.watched.ratio.margin > 0 && report.watched.cpuRatio.ratio > 0)
            #expect(Set(report.usage.map(\.process)).count == 9)
            #expect(report.usage.allSatisfy { $0.peakMebibytes > 1 })
            #expect(report.publishToPostgreSQL.count == 2_000)
            #expect(bench.leftovers == ["bench.json"])
        }

        @Test func `a bench of detection reports what the detector's process took, and leaves nothing`() async throws {
            let bench = try Bench(
                ["--series", "30", "--rate", "300", "--seconds", "2", "--warm-up", "1"], of: ["detection"])
            try await bench.waitForEnd(within: 180)
            #expect(bench.status == 0)
            let data = try Data(contentsOf: bench.folder.appendingPathComponent("bench.json"))
            let report = try JSONDecoder().decode(DetectionFigures.self, from: data)
            #expect(report.series == 30 && report.readings == 600)
            #expect(report.readingsPerSecond > 0 && report.readingsPerSecond < 400)
            #expect(report.mebibytes > 1)
            #expect(try bench.output.text().contains("tailsum, flat-line, missing over 30 series"))
            #expect(bench.leftovers == ["bench.json"])
        }

        @Test func `Ctrl-C stops a bench with all that it started`() async throws {
            let bench = try Bench(["--readings", "100000000"])
            let pids = try await bench.processesWhenPublishing()
            #expect(pids.count == 9)
            bench.interrupt()
            try await bench.waitForEnd(within: 120)
            #expect(bench.status == 130)
            #expect(pids.filter { kill($0, 0) == 0 }.isEmpty)
            #expect(ProcessTable.processes(mentioning: bench.folder.path).isEmpty)
            #expect(bench.leftovers.isEmpty)
        }
    }
}

private struct Report: Decodable {
    struct Usage: Decodable {
        var process: String
        var peakMebibytes: Double
    }

    struct Latency: Decodable {
        var count: Int
    }

    struct Watched: Decodable {
        struct Pair: Decodable {
            var alone: Turn
            var watched: Turn
        }

        struct Turn: Decodable {
            var readingsPerSecond: Double
            var dataPathCPU: Double
            var monitorCPU: Double
            var monitorPeakMebibytes: Double
        }

        struct Ratio: Decodable {
            var ratio: Double
            var margin: Double
        }

        var pairs: [Pair]
        var ratio: Ratio
        var cpuRatio: Ratio
    }

    var watched: Watched
    var readingsPerSecond: Double
    var brokerCeiling: Double
    var ratioToCeiling: Double
    var scaledReadingsPerSecond: Double
    var ratioScaled: Double
    var usage: [Usage]
    var publishToPostgreSQL: Latency
}

private struct DetectionFigures: Decodable {
    var series: Int
    var readings: Int
    var readingsPerSecond: Double
    var mebibytes: Double
}

/// A `sluice bench` in the background, with a folder of its own for everything that it makes.
private final class Bench {
    let folder: URL
    let output: OutputFile
    private let process = Process()

    init(_ arguments: [String], of kind: [String] = []) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        output = try OutputFile()
        process.executableURL = Shell.product("sluice")
        process.arguments = ["bench"] + kind + ["--json", folder.appendingPathComponent("bench.json").path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": folder.path]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.handle
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        try? FileManager.default.removeItem(at: folder)
    }

    var status: Int32 { process.terminationStatus }

    var leftovers: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? ["unreadable"] }

    func interrupt() { process.interrupt() }

    func waitForEnd(within seconds: Double) async throws {
        guard await eventually(within: seconds, { !process.isRunning }) else {
            throw CommandFailure(description: "sluice bench did not end within \(seconds) s: \(try output.text())")
        }
    }

    /// The services and servers, once the first readings are on their way.
    func processesWhenPublishing() async throws -> [Int32] {
        let data = folder.appendingPathComponent("sluice-bench-\(process.processIdentifier)")
        let publishes = await eventually(within: 120) {
            FileManager.default.fileExists(atPath: data.appendingPathComponent("log/bench.log").path)
        }
        guard publishes else { throw CommandFailure(description: "the bench does not publish: \(leftovers)") }
        let text = try await Shell.succeed(
            Shell.product("sluice"), ["status", "--data-dir", data.path, "--json"])
        let status = try JSONDecoder().decode(BenchStatus.self, from: Data(text.utf8))
        return status.services.map(\.pid) + status.infrastructure.values.map(\.pid)
    }
}

private struct BenchStatus: Decodable {
    struct Process: Decodable {
        var pid: Int32
    }

    var services: [Process]
    var infrastructure: [String: Process]
}
