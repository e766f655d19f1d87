public import ArgumentParser
internal import Observability

/// The operators' command line.
public struct Sluice: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Sensor readings from MQTT to PostgreSQL, Redis, alerts and rollups.",
        version: ServiceIdentity.productVersion,
        subcommands: [
            UpCommand.self, DownCommand.self, ScaleCommand.self, StatusCommand.self, SimulateCommand.self,
            ReplayCommand.self, BacktestCommand.self, ValidateCommand.self, DeadLettersCommand.self, AlertsCommand.self,
            SpoolCommand.self,
            LedgerCommand.self, TraceCommand.self, TokenCommand.self,
            BenchCommand.self, ChaosCommand.self,
        ])

    public init() {}

    /// Parses the arguments of the process, runs the command, and exits when it failed.
    public static func runCommandLine() async {
        await main()
    }
}

/// What every command that concerns a running Sluice takes.
struct DataDirectoryOption: ParsableArguments {
    @Option(name: .customLong("data-dir"), help: "Folder with everything that this Sluice keeps.")
    var path = ".sluice"

    var directory: DataDirectory { DataDirectory(path: path) }
}
