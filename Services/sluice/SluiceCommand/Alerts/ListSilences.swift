import AlertRecords
import Alerting
import ArgumentParser
import IOLoop
import Model
import PostgreSQL

/// `sluice alerts silences`
struct ListSilences: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silences", abstract: "List silences, in the order in which they start.",
        discussion: """
            EXAMPLES
              sluice alerts silences
              sluice alerts silences --all --json
            """)

    @OptionGroup var options: AlertOptions

    @Flag(help: "Also those that are over.")
    var all = false

    @OptionGroup var look: LookOptions

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        try await SilenceList(connection, all: all).say(look)
    }
}

/// Silences as they are at one moment.
@IOThread
struct SilenceList {
    private let records: [SilenceRecord]
    private let now = Timestamp.now()

    /// - Parameter all: also those that are over.
    init(_ connection: PostgreSQLConnection, all: Bool) async throws {
        records = try await SilenceTable(connection: connection).list(all: all, at: now)
    }

    func say(_ look: LookOptions) {
        if look.json { return Console.say(records.map { $0.json(at: now) }.array) }
        let rows = records.map { record in
            let silence = record.silence
            let matchers = silence.matchers.map(\.description).joined(separator: " ")
            return [
                silence.id, record.state(at: now).rawValue, silence.starts.inSeconds,
                (record.endedAt ?? silence.expires).inSeconds, silence.owner, matchers, silence.reason,
            ]
        }
        let table = TextTable(["ID", "STATE", "STARTS", "ENDS", "OWNER", "MATCHERS", "REASON"], texts: rows)
        Console.say(table.text(look.palette))
        Console.say("\(records.count)")
    }
}
