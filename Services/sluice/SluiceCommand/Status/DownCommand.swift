import ArgumentParser
import Glibc
import Processes

/// `sluice down`
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Drain and stop what sluice up started in a data directory, and nothing else.")

    @OptionGroup var data: DataDirectoryOption

    @Option(help: "Seconds to wait for it.")
    var limit = 300

    func run() async throws {
        let directory = data.directory
        guard let state = try SupervisorState.readable(directory), state.supervisor.isAlive else {
            let left = await Remains(directory: directory).settle()
            Console.say(left == 0 ? "Nothing runs in \(directory.path)." : "Stopped \(left) processes left behind.")
            return
        }
        state.supervisor.signal(SIGTERM)
        guard await state.supervisor.waitForEnd(within: .seconds(limit)) else {
            Console.warn("pid \(state.supervisor.pid) still drains after \(limit) s; its log is \(directory.logs)")
            throw ExitCode(1)
        }
        // It may have been killed while it drained.
        await Remains(directory: directory).settle()
        Console.say("Sluice is down; its data stay in \(directory.path).")
    }
}
