import ArgumentParser
import FoundationEssentials
import Settings

/// `sluice token`
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print the operators' token, which services ask for before they show or change alerts.",
        discussion: """
            That of the settings, or else the one that sluice up made in the data directory. Exits with 1 when there is none.

            EXAMPLE
              curl -H "Authorization: Bearer $(sluice token)" http://127.0.0.1:9103/api/alerts
            """)

    @OptionGroup var data: DataDirectoryOption
    @OptionGroup var look: LookOptions

    @Option(help: "Configuration of the services.")
    var config: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let configured = try OperatorToken.configured(config, environment: environment)
        guard let token = try configured ?? OperatorToken.made(in: data.directory) else {
            Console.warn("there is no operators' token: sluice up makes one in \(data.directory.path)")
            throw ExitCode(1)
        }
        try look.say(["token": token.reveal()], or: { _ in token.reveal() })
    }
}
