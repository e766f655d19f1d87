import ArgumentParser
import FoundationEssentials

/// `sluice validate`
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Say what is wrong with the settings of all services.",
        discussion: """
            Exits with 78 when something is. SLUICE_…__… variables count as well, over the file.

            EXAMPLES
              sluice validate
              sluice validate compose/sluice.yaml --json
            """)

    @Argument(help: "The settings' file; sluice.yaml if there is one here.")
    var file: String?

    @Option(help: "Folder of the service executables; that of this command by default.")
    var services: String?

    @OptionGroup var look: LookOptions

    func run() async throws {
        let folder = services.map(ServiceFolder.init(path:)) ?? .besideThisCommand
        let problems = try await SettingsCheck(services: folder, file: file).problems()
        guard problems.isEmpty else {
            if look.json { Console.say(try printedJSON(["problems": problems])) }
            for problem in problems where !look.json { Console.complain(problem) }
            throw ExitCode(SupervisedProcess.badConfiguration)
        }
        try look.say(["problems": [String]()], or: { _ in "ok" })
    }
}
