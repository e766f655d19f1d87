import AlertRecords
import Alerting
import ArgumentParser
import IOLoop
import Model
import PostgreSQL

/// `sluice alerts silence`
struct SilenceAlerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Keep the messages of some alerts back for a while; prints the silence's id.",
        discussion: """
            Alerts that match all of the matchers are recorded as ever, and nobody is told. A matcher is a label (device, sensor, \
            detector, severity), a comparison (= != ~ !~, the latter two with patterns such as boiler-*) and a text.

            EXAMPLES
              sluice alerts silence 'device~boiler-*' 'severity!=critical' --for 2h --reason maintenance
              sluice alerts silence sensor=vibration --for 30m --starts 2026-11-01T06:00:00Z --reason "new bearings"
            """)

    @Argument(help: "As in device=boiler-1, 'sensor~temp*' or severity!=critical.", transform: { try AlertMatcher($0) })
    var matchers: [AlertMatcher]

    @Option(name: .customLong("for"), help: "How long, as in 30m or 2h.")
    var duration: DurationOption

    @Option(help: "Why, for whoever wonders.")
    var reason: String

    @Option(help: "Whom to ask about it; the user of this command by default.")
    var owner: String = Operator.name

    @Option(help: "When it begins: 2026-11-01T06:00:00Z, or in so long a time, as in 30m. Now by default.")
    var starts: StartOption?

    @OptionGroup var options: AlertOptions
    @OptionGroup var look: LookOptions

    func validate() throws {
        do {
            _ = try silence(id: "it")
        } catch let error as InvalidMuting {
            throw ValidationError("\(error).")
        }
    }

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        let silence = try silence(id: Silence.makeID())
        try await SilenceTable(connection: connection).add(silence)
        try look.say(["id": silence.id], or: { _ in silence.id })
    }

    private func silence(id: String) throws -> Silence {
        let begin = starts?.timestamp ?? .now()
        return try Silence(
            id: id, matchers: matchers, owner: owner, reason: reason, starts: begin,
            expires: begin.advanced(by: duration.value))
    }
}

/// A point in time that may be to come: ISO 8601, or in so long a time (`30m`).
struct StartOption: ExpressibleByArgument, Sendable {
    let timestamp: Timestamp

    init?(argument: String) {
        if let delay = DurationOption(argument: argument) {
            timestamp = Timestamp.now().advanced(by: delay.value)
        } else if let time = TimeOption(argument: argument) {
            timestamp = time.timestamp
        } else {
            return nil
        }
    }
}
