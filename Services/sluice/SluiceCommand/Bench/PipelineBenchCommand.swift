import ArgumentParser
import FoundationEssentials

/// `sluice bench pipeline`, or just `sluice bench`: everything in one run, on a Sluice of its own, with the broker's ceiling beside it.
struct PipelineBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline",
        abstract: "Measure throughput, latency, CPU and memory on a private Sluice.",
        discussion: """
            Starts a Sluice in a temporary data directory and measures, one after the other:
            the broker's ceiling (an empty subscriber), throughput from publish to commit (one reading a message, \
            QoS 1), and latency at a fixed rate. Figures of one run compare with each other; machines differ.

            EXAMPLES
              sluice bench
              sluice bench --readings 1000000 --json bench.json
              sluice bench --scale preprocessor=3 --scale storage-writer=3
              sluice bench --streams 100 --devices 10000
            """)

    @Option(help: "Readings in the throughput phase.")
    var readings = 400_000

    @Option(help: "Devices that publish.")
    var devices = 100

    @Option(help: "Readings a second in the latency phase.")
    var rate = 5_000

    @Option(help: "Seconds of the latency phase.")
    var seconds = 30

    @Option(
        help: ArgumentHelp(
            "Measure throughput once more with so many instances, and print the ratio.", valueName: "service=n"))
    var scale: [ScaleOption] = []

    @Option(
        help: ArgumentHelp(
            "Measure throughput by turns without and with so many open dashboards, and print the ratio.",
            valueName: "n"))
    var streams = 0

    @Option(
        help: ArgumentHelp(
            "Turns without and with these dashboards, a fifth of --readings in each.", valueName: "n"))
    var pairs = 24

    @Option(help: "Write the report as JSON to this file.")
    var json: String?

    @Option(help: "A configuration file for the services.")
    var config: String?

    func validate() throws {
        guard readings > 0, devices > 0, rate > 0, seconds > 0 else {
            throw ValidationError("--readings, --devices, --rate and --seconds begin at 1.")
        }
        guard pairs > 0 else { throw ValidationError("--pairs begins at 1.") }
        guard (0...500).contains(streams) else { throw ValidationError("--streams is 0 to 500.") }
    }

    func run() async throws {
        let report = try await PrivateStack.measuring("bench", configuration: { [config] _ in config }) { stack in
            try await BenchRun(stack: stack, command: self).measure()
        }
        Console.say(report.text())
        if let json { try report.json().write(to: URL(fileURLWithPath: json)) }
    }
}
