import ArgumentParser

/// `sluice bench`. A group without options of its own: it would take those that its subcommands have, too.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure a private Sluice.",
        discussion: """
            EXAMPLES
              sluice bench --readings 1000000 --json bench.json
              sluice bench detection
            """,
        subcommands: [PipelineBenchCommand.self, DetectionBenchCommand.self],
        defaultSubcommand: PipelineBenchCommand.self)
}
