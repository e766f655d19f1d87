import AlertRecords
import ArgumentParser
import IOLoop
import Model
import PostgreSQL

/// `sluice alerts unsilence`
struct EndSilence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unsilence", abstract: "End a silence before it expires.",
        discussion: """
            What still fires then is told.

            EXAMPLE
              sluice alerts unsilence 1f0c2a9b7e44
            """)

    @Argument(help: "The silence's id.")
    var id: String

    @Option(help: "Who ends it; the user of this command by default.")
    var by: String = Operator.name

    @OptionGroup var options: AlertOptions
    @OptionGroup var look: LookOptions

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        try await SilenceTable(connection: connection).end(id, by: by, at: .now())
        try look.say(["id": id, "endedBy": by], or: { _ in "silence \(id) is over" })
    }
}
