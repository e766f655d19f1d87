public import ArgumentParser
internal import Observability

/// The operators' command line.
public struct Sluice: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Sensor readings from MQTT to PostgreSQL, Redis, alerts and rollups.",
        discussion: """
            Tables have colours on a terminal, unless NO_COLOR is set; --json prints what scripts read. \
            sluice help COMMAND shows examples.

            EXAMPLES
              sluice up --simulate 50
              sluice top
              sluice tap --anomalies
              sluice ledger --json

            EXIT STATUS
            \(ExitReason.table)
            """,
        version: ServiceIdentity.productVersion,
        groupedSubcommands: [
            CommandGroup(
                name: "Running",
                subcommands: [UpCommand.self, DownCommand.self, ScaleCommand.self, StatusCommand.self]),
            CommandGroup(
                name: "Looking",
                subcommands: [
                    TopCommand.self, TapCommand.self, LogsCommand.self, LedgerCommand.self, TraceCommand.self,
                    AlertsCommand.self, DeadLettersCommand.self,
                    SpoolCommand.self,
                ]),
            CommandGroup(
                name: "Feeding and judging",
                subcommands: [
                    SimulateCommand.self, ReplayCommand.self, BacktestCommand.self, BenchCommand.self,
                    ChaosCommand.self,
                ]),
            CommandGroup(
                name: "Setting up",
                subcommands: [
                    ValidateCommand.self, ConfigCommand.self, TokenCommand.self, KeygenCommand.self,
                    CompletionCommand.self,
                ]),
        ])

    public init() {}

    /// Parses the arguments of the process, runs the command, and exits when it failed; see ``ExitReason``.
    public static func runCommandLine() async {
        do {
            var command = try await asyncParseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            guard let reason = ExitReason(error) else { exit(withError: error) }
            Console.warn("\(error)")
            exit(withError: reason.exitCode)
        }
    }
}

/// What every command that concerns a running Sluice takes.
struct DataDirectoryOption: ParsableArguments {
    static let standard = ".sluice"

    @Option(
        name: .customLong("data-dir"), help: "Folder with everything that this Sluice keeps.", completion: .directory)
    var path = Self.standard

    var directory: DataDirectory { DataDirectory(path: path) }
}
