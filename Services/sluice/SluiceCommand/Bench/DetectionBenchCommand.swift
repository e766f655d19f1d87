import ArgumentParser
import FoundationEssentials

/// `sluice bench detection`: what the anomaly-detector costs at a fixed rate over many series.
struct DetectionBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detection",
        abstract: "Measure the anomaly-detector's CPU a reading and memory a series.",
        discussion: """
            Starts a Sluice in a temporary data directory whose anomaly-detector runs tailsum, flat-line and missing, \
            publishes the readings of many series at a fixed rate, and looks at the process of the anomaly-detector. A \
            machine that cannot publish so fast is told by the rate that was reached.

            EXAMPLE
              sluice bench detection --series 1000 --rate 5000
            """)

    @Option(help: "Series that publish, in devices of \(SensorProfile.all.count) sensors; rounded up to whole devices.")
    var series = 10_000

    @Option(help: "Readings a second.")
    var rate = 20_000

    @Option(help: "Seconds that are measured.")
    var seconds = 30

    @Option(help: "Seconds before, in which the series begin; each sends three readings at least.")
    var warmUp = 10

    @Option(help: "Readings in a message.")
    var batch = 1

    @Option(help: "Write the report as JSON to this file.")
    var json: String?

    func validate() throws {
        guard series > 0, rate > 0, seconds > 0, warmUp > 0, batch > 0 else {
            throw ValidationError("--series, --rate, --seconds, --warm-up and --batch begin at 1.")
        }
    }

    func run() async throws {
        let report = try await PrivateStack.measuring("bench", configuration: Self.writeSettings) { stack in
            try await DetectionBenchRun(stack: stack, command: self).measure()
        }
        Console.say(report.text())
        if let json { try report.json().write(to: URL(fileURLWithPath: json)) }
    }

    static let detectors = ["tailsum", "flat-line", "missing"]

    @Sendable
    private static func writeSettings(_ directory: DataDirectory) throws -> String {
        let path = "\(directory.path)/bench.yaml"
        let list = detectors.map { "    - type: \($0)\n" }.joined()
        try Data("anomaly_detector:\n  detectors:\n\(list)".utf8).write(to: URL(filePath: path))
        return path
    }
}
