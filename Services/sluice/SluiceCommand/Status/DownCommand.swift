import ArgumentParser
import Glibc
import Processes

/// `sluice down`
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Drain and stop what sluice up started in a data directory, and nothing else.",
        discussion: """
            What is under way is handed on or kept, so that the next start goes on with it. Exits with 1 when it still drains \
            after --limit.

            EXAMPLES
              sluice down
              sluice down --data-dir /var/lib/sluice --limit 60
            """)

    @OptionGroup var data: DataDirectoryOption

    @Option(help: "Seconds to wait for it.")
    var limit = 300

    @OptionGroup var look: LookOptions

    func run() async throws {
        let directory = data.directory
        guard let state = try SupervisorState.readable(directory), state.supervisor.isAlive else {
            let left = await Remains(directory: directory).settle()
            let text = left == 0 ? "Nothing runs in \(directory.path)." : "Stopped \(left) processes left behind."
            return try look.say(Outcome(data: directory.path, stopped: left), or: { _ in text })
        }
        state.supervisor.signal(SIGTERM)
        guard await state.supervisor.waitForEnd(within: .seconds(limit)) else {
            Console.warn("pid \(state.supervisor.pid) still drains after \(limit) s; its log is \(directory.logs)")
            throw ExitCode(1)
        }
        // It may have been killed while it drained.
        await Remains(directory: directory).settle()
        try look.say(Outcome(data: directory.path, stopped: state.processes.count)) { _ in
            "Sluice is down; its data stay in \(directory.path)."
        }
    }

    private struct Outcome: Encodable {
        /// The folder, which stays.
        var data: String
        /// Processes.
        var stopped: Int
    }
}
