import ArgumentParser
import Foundation

/// `sluice bench`: everything in one run, on a Sluice of its own, with the broker's ceiling beside it.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure throughput, latency, CPU and memory on a private Sluice.",
        discussion: """
            Starts a Sluice in a temporary data directory and measures, one after the other:
            the broker's ceiling (an empty subscriber), throughput from publish to commit (one reading a message, \
            QoS 1), and latency at a fixed rate. Figures of one run compare with each other; machines differ.

            EXAMPLES
              sluice bench
              sluice bench --readings 1000000 --json bench.json
            """)

    @Option(help: "Readings in the throughput phase.")
    var readings = 400_000

    @Option(help: "Devices that publish.")
    var devices = 100

    @Option(help: "Readings a second in the latency phase.")
    var rate = 5_000

    @Option(help: "Seconds of the latency phase.")
    var seconds = 30

    @Option(help: "Write the report as JSON to this file.")
    var json: String?

    @Option(help: "A configuration file for the services.")
    var config: String?

    func run() async throws {
        let stack = try await BenchStack.start(configuration: config)
        let report: BenchReport
        do {
            report = try await BenchRun(stack: stack, command: self).measure()
        } catch {
            try await stack.remove()
            throw error
        }
        try await stack.remove()
        print(report.text())
        if let json { try report.json().write(to: URL(fileURLWithPath: json)) }
    }
}
