import ArgumentParser
import FoundationEssentials
import Glibc
import HTTPEndpoints
import Model

/// `sluice top`
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch every instance and every pipe, second by second.",
        discussion: """
            IN/S and OUT/S are readings a second since the last look. IN FLIGHT is handed on and not acknowledged, DEPTH waits \
            in a spool or was taken and is not settled. REDELIVERED, DEAD and DROPPED count since the process began; BUSY is the \
            share of the time spent working; P99 and LAG are of the last interval. Who does not answer is shown in red.

            On a terminal it draws in place until Ctrl-C; elsewhere it prints a frame each interval. Exits with 69 when nothing \
            runs in the data directory.

            EXAMPLES
              sluice top
              sluice top --once --json
              sluice top --interval 5s --instances http://10.0.0.5:9101 --instances http://10.0.0.6:9101
            """)

    @OptionGroup var data: DataDirectoryOption

    @Option(
        parsing: .upToNextOption,
        help: "Ask these instances, as in http://host:9101, instead of those of the data directory.")
    var instances: [HTTPAddress] = []

    @OptionGroup var tls: TLSOptions

    @Option(help: "How long from look to look.")
    var interval = DurationOption(seconds: 1)

    @Flag(help: "Print one frame, after one interval.")
    var once = false

    @OptionGroup var look: LookOptions

    func validate() throws {
        guard interval.value >= .milliseconds(100) else { throw ValidationError("--interval begins at 100ms.") }
    }

    func run() async throws {
        let source: FleetSource = instances.isEmpty ? .directory(data.directory) : .addresses(instances)
        // Before the screen is taken: a reason must not be wiped away with it.
        _ = try source.members()
        let client = try tls.client()
        if !once, !look.json, isatty(STDOUT_FILENO) == 1 {
            Console.draw(TerminalScreen.entering)
            defer { Console.draw(TerminalScreen.leaving) }
            try await watch(source, client) {
                Console.draw(TerminalScreen.drawing($0.lines(look.palette), in: .current))
            }
        } else {
            try await watch(source, client, skippingFirst: true, show)
        }
    }

    /// A frame on standard output that is no terminal.
    private func show(_ frame: TopFrame) throws {
        if look.json { return Console.say(try jsonLine(frame)) }
        Console.say((frame.lines(look.palette) + (once ? [] : [""])).joined(separator: "\n"))
    }

    /// Until Ctrl-C, or one frame long.
    ///
    /// - Parameter skippingFirst: a first look knows no rates.
    private func watch(
        _ source: FleetSource, _ client: OperatorClient, skippingFirst: Bool = false, _ show: (TopFrame) throws -> Void
    ) async throws {
        let ticks = Ticks(every: interval.value)
        let looking = FleetLook(client: client, deadline: min(interval.value, .seconds(2)))
        var history = TopHistory()
        var isFirst = skippingFirst
        for await _ in ticks.times {
            let frame = history.frame(await looking.looks(at: try source.members()), at: .now())
            defer { isFirst = false }
            guard !isFirst else { continue }
            try show(frame)
            if once { break }
        }
        withExtendedLifetime(ticks) {}
    }
}

/// Moments at an interval, the first one at once, until the process is asked to stop. What comes too late is left out.
final class Ticks {
    let times: AsyncStream<Void>
    private let signals = TerminationSignals()
    private let tasks: [Task<Void, Never>]

    init(every interval: Duration) {
        let (times, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.times = times
        let requests = signals.requests
        tasks = [
            Task {
                for await _ in requests { continuation.finish() }
            },
            Task {
                var next = ContinuousClock.now
                while !Task.isCancelled {
                    continuation.yield()
                    next += interval
                    // A cancelled sleep ends early, and so does the loop.
                    try? await Task.sleep(until: next)
                }
            },
        ]
    }

    deinit {
        for task in tasks { task.cancel() }
    }
}
