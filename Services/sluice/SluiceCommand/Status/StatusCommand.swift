import ArgumentParser
import Processes

/// `sluice status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show every instance and where everything is.",
        discussion: """
            Exits with 1 when no sluice up runs in the data directory.

            EXAMPLES
              sluice status
              sluice status --json
            """)

    @OptionGroup var data: DataDirectoryOption

    @OptionGroup var look: LookOptions

    func run() async throws {
        let directory = data.directory
        guard let state = try SupervisorState.readable(directory) else {
            Console.warn("nothing runs in \(directory.path)")
            throw ExitCode(1)
        }
        let report = await StatusReport(state)
        try look.say(report, or: report.text)
        if !state.supervisor.isAlive {
            Console.warn("no sluice up runs in \(directory.path) any more")
            throw ExitCode(1)
        }
    }
}
