import ArgumentParser
import DeadLetters
import IOLoop
import PostgreSQL

/// `sluice dlq ls`
struct ListDeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List dead letters, the newest first.")

    @OptionGroup var filter: DeadLetterFilter
    @OptionGroup var options: DeadLetterOptions

    @Flag(help: "Also those that were replayed or dropped.")
    var all = false

    @Option(help: "At most so many.")
    var limit = 50

    @Flag(help: "Print JSON.")
    var json = false

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        let table = DeadLetterTable(connection: connection)
        let entries = try await table.list(filter, all: all, limit: limit)
        if json { return Console.say(try printedJSON(entries)) }
        let total = try await table.count(filter, all: all)
        let rows = entries.map { entry in
            [
                "\(entry.id)", String(entry.receivedAt.prefix(19)) + "Z", entry.stage, entry.reason, entry.topic,
                "\(entry.bytes)", entry.state.rawValue,
            ]
        }
        let header = ["ID", "RECEIVED", "STAGE", "REASON", "TOPIC", "BYTES", "STATE"]
        Console.say(TextTable.lines(header, rows).joined(separator: "\n"))
        Console.say("\(entries.count) of \(total)")
    }
}
