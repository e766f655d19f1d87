import ArgumentParser
import FoundationEssentials
import Glibc

/// `sluice chaos`: a Sluice of its own, load, faults, and whether every reading was stored once.
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos", abstract: "Break a private Sluice under load, and account for every reading.",
        discussion: """
            The seed, the duration and the list of faults decide the schedule, which is printed first and last. Exit \
            status 1 unless everything arrived, and lost, duplicated and unequal are zero.

            Faults: kill, stop, terminate, restart-mqtt, restart-redis, restart-postgres, scale. With restart-mqtt \
            there is one mqtt-ingest throughout: mosquitto forgets shared subscriptions at a restart.

            EXAMPLES
              sluice chaos --duration 10m --seed 7
              sluice chaos --faults kill,stop --json chaos.json
            """)

    @Option(help: "How long there are faults.")
    var duration = DurationOption(seconds: 60)

    @Option(help: "Seed of the schedule and of the sensors.")
    var seed: UInt64 = 1

    @Option(help: "Faults to choose from, with commas between them.")
    var faults = ChaosFaultsOption(ChaosFault.allCases)

    @Option(help: "A schedule as in the JSON report, instead of one from the seed.")
    var schedule: String?

    @Option(help: "Readings a second.")
    var rate = 2_000

    @Option(help: "Devices that publish.")
    var devices = 50

    @Option(help: "How long to wait until everything has arrived.")
    var drain = DurationOption(seconds: 180)

    @Option(help: "Write the report as JSON to this file.")
    var json: String?

    @Option(help: "A configuration file for the services.")
    var config: String?

    @Option(name: .customLong("data-dir"), help: "A new folder for its data, which stays. [default: a temporary one]")
    var dataDirectory: String?

    func validate() throws {
        guard rate > 0, devices > 0 else { throw ValidationError("--rate and --devices begin at 1.") }
        if let dataDirectory, FileManager.default.fileExists(atPath: dataDirectory) {
            throw ValidationError("\(dataDirectory) exists; what it holds would be counted, and broken.")
        }
    }

    func run() async throws {
        let signals = TerminationSignals()
        let requests = signals.requests
        let breaking = Task { try await wreak() }
        let listener = Task { for await _ in requests { breaking.cancel() } }
        defer { listener.cancel() }
        do {
            let report = try await breaking.value
            Console.say(report.text)
            if let json { try report.json().write(to: URL(fileURLWithPath: json)) }
            if !report.isClean { throw ExitCode(1) }
        } catch is CancellationError {
            Console.warn("interrupted; everything that was started is stopped")
            throw ExitCode(128 + SIGINT)
        }
        withExtendedLifetime(signals) {}
    }

    private func wreak() async throws -> ChaosReport {
        let events = try events()
        Console.say("seed \(seed), \(events.count) faults:")
        for event in events { Console.say("  " + event.text) }
        let directory = dataDirectory.map(DataDirectory.init) ?? .temporary(for: "chaos")
        defer { if dataDirectory == nil { directory.remove() } }
        let stack = try await PrivateStack.start(in: directory, configuration: config)
        let outcome: Result<ChaosReport, any Error>
        do {
            outcome = .success(try await ChaosRun(stack: stack, command: self, schedule: events).run())
        } catch {
            outcome = .failure(error)
        }
        await stack.stop()
        return try outcome.get()
    }

    private func events() throws -> [ChaosEvent] {
        guard let schedule else {
            return ChaosSchedule.draw(seed: seed, duration: duration.value, faults: faults.value)
        }
        guard let events = try readJSON([ChaosEvent].self, from: schedule) else {
            throw ChaosFailure(description: "there is no schedule at \(schedule)")
        }
        return events
    }
}
