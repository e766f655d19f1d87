import FoundationEssentials
import Processes

/// Starts `sluice up` once more, in the background, and waits until it is ready.
struct DetachedStart {
    let plan: UpPlan
    let json: Bool

    private var directory: DataDirectory { plan.directory }
    /// With time for the servers, whose start has limits of its own.
    private var limit: Duration { plan.startLimit + .seconds(180) }

    /// - Throws: ``StartFailure`` with the end of the log and the exit code of the background process.
    func run() async throws {
        try directory.create()
        let log = LogFile(path: directory.log(of: "sluice"))
        log.rotateIfLarge()
        let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--detach" && $0 != "--json" }
        // No death signal: it is to outlive this process.
        let child = try ChildProcess.spawn(
            Command(
                ServiceFolder.ownExecutable, Array(arguments), output: .appended(to: log.path), deathSignal: 0))
        try await waitUntilReady(child, log)
        guard let state = SupervisorState.read(directory) else { return }
        if json {
            Console.say(try printedJSON(await StatusReport(state)))
        } else {
            let ending = "It runs as pid \(child.pid); this stops it: sluice down --data-dir \(directory.path)"
            Console.say(UpAnnouncement(plan: plan, state: state, ending: ending).text)
        }
    }

    private func waitUntilReady(_ child: ChildProcess, _ log: LogFile) async throws {
        let deadline = ContinuousClock.now + limit
        while !isReady(child) {
            if let status = await child.exitStatus(within: .milliseconds(100)) { throw failure(status, log) }
            guard ContinuousClock.now < deadline else {
                await child.stop(within: .seconds(120))
                throw StartFailure(reason: "not ready within \(limit)", exitCode: 1)
            }
        }
    }

    private func isReady(_ child: ChildProcess) -> Bool {
        guard let state = SupervisorState.read(directory) else { return false }
        return state.supervisor == child.identity && state.phase == .ready
    }

    private func failure(_ status: ExitStatus, _ log: LogFile) -> StartFailure {
        let code: Int32 = if case .exited(let code) = status { code } else { 1 }
        let lines = log.lastLines(30).joined(separator: "\n")
        return StartFailure(reason: "it ended with \(status)\n\(lines)", exitCode: code == 0 ? 1 : code)
    }
}
