import ArgumentParser
import IOLoop
import Model
import PostgreSQL

/// `sluice trace`
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Follow one reading: spool, stages, PostgreSQL or dead letter, Redis, rollups.",
        discussion: """
            Without --time or --event it is the newest reading of each sensor. An event id is PRODUCER-SEQUENCE-POSITION, \
            as in the columns event_id. Exits with 1 when nothing is found.

            EXAMPLES
              sluice trace pump-3
              sluice trace pump-3 temperature --time 2026-11-01T06:00:00Z
              sluice trace pump-3 --event 5b0e…-1207-3
            """)

    @OptionGroup var data: DataDirectoryOption
    @OptionGroup var store: StoreOptions

    @Argument(help: "The device.", completion: Completions.devices)
    var device: String

    @Argument(help: "The sensor; all of the device without it.")
    var sensor: String?

    @Option(help: "The reading of this time, or the last one before it: 2026-11-01T06:00:00Z, or 2h ago.")
    var time: TimeOption?

    @Option(help: "The reading or dead letter with this event id.")
    var event: EventID?

    @Option(help: "Redis, as in redis://host:6379/0; that of the data directory by default.")
    var redis: String?

    @OptionGroup var look: LookOptions

    func validate() throws {
        if time != nil, event != nil { throw ValidationError("--time and --event exclude each other.") }
    }

    @IOThread
    func run() async throws {
        let subject = TraceSubject(device: device, sensor: sensor, time: time?.timestamp, event: event)
        // From the front to the back: what moves on meanwhile is then seen twice rather than not at all.
        var traces = try TraceSpools(directory: data.directory).find(subject)
        do {
            try await addStored(to: &traces, subject)
        } catch let error as PostgreSQLError where error.isRetriable && !traces.isEmpty {
            // It waits in a spool, and that is the very time to ask where it is.
            Console.warn("PostgreSQL cannot be asked, so only spools were looked into: \(error)")
            if event == nil { traces = Trace.chosen(traces) }
        }
        if let url = try redisURL() { try await TraceRedis(url: url).complete(&traces) }
        guard !traces.isEmpty else {
            Console.warn("nothing is known of \(subject)")
            throw ExitCode(1)
        }
        let found = traces
        try look.say(found) { palette in found.map { $0.text(palette) }.joined(separator: "\n\n") }
    }
}

extension TraceCommand {
    @IOThread
    private func addStored(to traces: inout [Trace], _ subject: TraceSubject) async throws {
        let connection = try await store.connect(data.directory)
        defer { connection.close() }
        let database = TraceDatabase(connection: connection)
        traces = Trace.merged(traces, try await database.find(subject))
        if event == nil { traces = Trace.chosen(traces) }
        for index in traces.indices { try await database.complete(&traces[index]) }
    }

    private func redisURL() throws -> String? {
        if let redis { return redis }
        return try SupervisorState.readable(data.directory)?.infrastructure.redis.url
    }
}

/// What is looked for.
struct TraceSubject: CustomStringConvertible {
    var device: String
    var sensor: String?
    var time: Timestamp?
    var event: EventID?

    var description: String {
        let name = sensor.map { "\(device) \($0)" } ?? device
        if let event { return "\(name), event \(event)" }
        return time.map { "\(name) at or before \($0)" } ?? name
    }

    func includes(_ series: Series) -> Bool {
        ExactText(series.device) == ExactText(device)
            && (sensor.map { ExactText($0) == ExactText(series.sensor) } ?? true)
    }
}

/// `<producer>-<sequence>-<position>`. Producers have dashes of their own.
struct EventID: ExpressibleByArgument, CustomStringConvertible, Hashable {
    var identity: BatchIdentity
    var position: UInt32

    init(identity: BatchIdentity, position: UInt32) {
        self.identity = identity
        self.position = position
    }

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, let sequence = UInt64(parts[parts.count - 2]), sequence <= UInt64(Int64.max),
            let position = UInt32(parts[parts.count - 1])
        else { return nil }
        let producer = parts.dropLast(2).joined(separator: "-")
        self.init(identity: BatchIdentity(producer: producer, sequence: sequence), position: position)
    }

    var description: String { "\(identity.producer)-\(identity.sequence)-\(position)" }
}
