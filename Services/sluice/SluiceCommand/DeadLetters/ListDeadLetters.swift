import ArgumentParser
import DeadLetters
import IOLoop
import PostgreSQL

/// `sluice dlq ls`
struct ListDeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List dead letters, the newest first.",
        discussion: """
            Those that are open, unless --all is given.

            EXAMPLES
              sluice dlq ls --reason invalid_json --from 2h
              sluice dlq ls --all --json
            """)

    @OptionGroup var filter: DeadLetterFilter
    @OptionGroup var options: DeadLetterOptions

    @Flag(help: "Also those that were replayed or dropped.")
    var all = false

    @Option(help: "At most so many.")
    var limit = 50

    @OptionGroup var look: LookOptions

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        let table = DeadLetterTable(connection: connection)
        let entries = try await table.list(filter, all: all, limit: limit)
        if look.json { return Console.say(try printedJSON(entries)) }
        let total = try await table.count(filter, all: all)
        let rows = entries.map { entry in
            [
                "\(entry.id)", String(entry.receivedAt.prefix(19)) + "Z", entry.stage, entry.reason, entry.topic,
                "\(entry.bytes)", entry.state.rawValue,
            ]
        }
        let columns: [TextTable.Column] = [
            .number("ID"), "RECEIVED", "STAGE", "REASON", "TOPIC", .number("BYTES"), "STATE",
        ]
        Console.say(TextTable(columns, texts: rows).text(look.palette))
        Console.say("\(entries.count) of \(total)")
    }
}
