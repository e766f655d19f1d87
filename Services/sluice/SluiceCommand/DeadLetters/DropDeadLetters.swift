import ArgumentParser
import DeadLetters
import IOLoop
import PostgreSQL

/// `sluice dlq drop`
struct DropDeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Give dead letters up: mark them, or with --purge delete them.",
        discussion: """
            A dropped one stays in the table and in ls --all. --purge deletes, also what was replayed.

            EXAMPLES
              sluice dlq drop --device pump-3
              sluice dlq drop --purge --to 30d --yes
            """)

    @OptionGroup var filter: DeadLetterFilter
    @OptionGroup var options: DeadLetterOptions
    @OptionGroup var confirmation: ConfirmationOption

    @Flag(help: "Delete them for good.")
    var purge = false

    @OptionGroup var look: LookOptions

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        let table = DeadLetterTable(connection: connection)
        let count = try await table.count(filter, all: purge)
        if !look.json { Console.say("\(count) dead letters") }
        guard count > 0 || look.json else { return }
        if count > 0 { try confirmation.confirm("\(purge ? "Delete" : "Drop") \(count) dead letters?") }
        let done = try await purge ? table.purge(filter) : table.drop(filter)
        let verb = purge ? "deleted" : "dropped"
        try look.say([verb: done], or: { _ in "\(verb) \(done)" })
    }
}
