import ArgumentParser
import DeadLetters
import IOLoop
import PostgreSQL

/// `sluice dlq drop`
struct DropDeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Give dead letters up: mark them, or with --purge delete them.",
        discussion: "A dropped one stays in the table and in ls --all. --purge deletes, also what was replayed.")

    @OptionGroup var filter: DeadLetterFilter
    @OptionGroup var options: DeadLetterOptions
    @OptionGroup var confirmation: ConfirmationOption

    @Flag(help: "Delete them for good.")
    var purge = false

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        let table = DeadLetterTable(connection: connection)
        let count = try await table.count(filter, all: purge)
        Console.say("\(count) dead letters")
        guard count > 0 else { return }
        try confirmation.confirm("\(purge ? "Delete" : "Drop") \(count) dead letters?")
        let done = try await purge ? table.purge(filter) : table.drop(filter)
        Console.say("\(purge ? "deleted" : "dropped") \(done)")
    }
}
