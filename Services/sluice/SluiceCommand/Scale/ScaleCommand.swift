import ArgumentParser
import FoundationEssentials
import Glibc
import Processes

/// `sluice scale`
struct ScaleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Change how many instances of a service run, while readings flow.",
        discussion: """
            Returns when the new instances are ready and those that left have handed on what they had. An mqtt-ingest \
            that leaves unsubscribes, takes what the broker holds for it, and ends its session.

            EXAMPLES
              sluice scale preprocessor=3
              sluice scale mqtt-ingest=2 storage-writer=2
            """)

    @OptionGroup var data: DataDirectoryOption

    @Argument(
        help: ArgumentHelp("A service and how many of it, as in preprocessor=3.", valueName: "service=n"),
        completion: Completions.scales)
    var wanted: [ScaleOption]

    @Option(help: "Seconds to wait for it.")
    var limit = 120

    @OptionGroup var look: LookOptions

    func run() async throws {
        guard let state = SupervisorState.read(data.directory), state.supervisor.isAlive else {
            throw NothingRuns(directory: data.directory.path)
        }
        let counts = Dictionary(wanted.map { ($0.service, $0.count) }) { $1 }
        let request = ScaleRequest(counts: counts).merged(over: try ScaleRequest.read(from: data.directory))
        try request.write(to: data.directory)
        state.supervisor.signal(ScaleSignals.number)
        let outcome = try await outcome(of: request)
        if let error = outcome.error {
            Console.warn("cannot scale: \(error)")
            throw ExitCode(1)
        }
        try look.say(counts) { _ in
            counts.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: "\n")
        }
    }

    private func outcome(of request: ScaleRequest) async throws -> ScaleOutcome {
        let deadline = ContinuousClock.now + .seconds(limit)
        while ContinuousClock.now < deadline {
            guard let state = SupervisorState.read(data.directory), state.supervisor.isAlive else {
                return ScaleOutcome(request: request.id, error: "sluice up has ended")
            }
            if let outcome = state.scaled, outcome.request == request.id { return outcome }
            try await Task.sleep(for: .milliseconds(50))
        }
        return ScaleOutcome(request: request.id, error: "not done within \(limit) s; sluice status shows how far it is")
    }
}
