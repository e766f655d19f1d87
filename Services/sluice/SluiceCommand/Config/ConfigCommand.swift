import ArgumentParser
import FoundationEssentials
import Platform
import Processes
import Settings

/// `sluice config`
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at settings as the services understand them.",
        discussion: """
            EXAMPLES
              sluice config print
              sluice config print storage-writer --config compose/sluice.yaml
            """,
        subcommands: [PrintConfiguration.self])
}

/// `sluice config print`
struct PrintConfiguration: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print", abstract: "Print the settings in effect, each with where it comes from.",
        discussion: """
            YAML with every setting of a service: from the file, the environment (SLUICE_…__…), --set, or its default. Secrets are \
            redacted. What sluice up adds by the environment, such as addresses and ports, is not among it: ask /config of a \
            running instance. Exits with 78 when the settings are wrong, and says what is.

            EXAMPLES
              sluice config print
              sluice config print storage-writer --config compose/sluice.yaml
              sluice config print preprocessor --set preprocessor.http.port=9000 --json
            """)

    @Argument(help: "A service; all of them by default.", completion: Completions.services)
    var service: ServiceName?

    @Option(help: "The settings' file; sluice.yaml if there is one here.", completion: .file())
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("One setting, over file and environment. May be repeated.", valueName: "path=value"))
    var overrides: [String] = []

    @Option(help: "Folder of the service executables; that of this command by default.", completion: .directory)
    var services: String?

    @OptionGroup var look: LookOptions

    func run() async throws {
        let folder = services.map(ServiceFolder.init(path:)) ?? .besideThisCommand
        var reports: [(service: String, report: SettingsReport)] = []
        for kind in service.map({ [$0.kind] }) ?? ServiceKind.all {
            reports.append((kind.name, try await report(of: kind, in: folder)))
        }
        let settings = Dictionary(reports.map { ($0.service, $0.report.settings) }) { $1 }
        try look.say(settings) { palette in
            reports.map { Self.text($0.report, of: $0.service, isAlone: reports.count == 1, palette) }
                .joined(separator: "\n")
        }
    }

    /// Each service says it of itself, so that the answer is never that of another version.
    private func report(of kind: ServiceKind, in folder: ServiceFolder) async throws -> SettingsReport {
        var arguments = ["--print-settings"] + (config.map { ["--config", $0] } ?? [])
        arguments += overrides.flatMap { ["--set", $0] }
        let (status, text) = try await Command(try folder.executable(of: kind), arguments).run()
        if case .exited(SupervisedProcess.badConfiguration) = status {
            Console.complain(text.trimmed(of: \.isNewline))
            throw ExitReason.configuration.exitCode
        }
        guard status.isSuccess, let report = try? JSONDecoder().decode(SettingsReport.self, from: Data(text.utf8))
        else { throw CheckFailure(service: kind.name, status: status, text: text) }
        return report
    }

    /// A document of YAML; comments, which say where a value comes from, step back.
    private static func text(
        _ report: SettingsReport, of service: String, isAlone: Bool, _ palette: Palette
    ) -> String {
        let lines = report.yaml.split(separator: "\n").map { (line: Substring) -> String in
            guard let comment = line.ranges(of: "  # ").last?.lowerBound else { return String(line) }
            return line[..<comment] + palette.paint(String(line[comment...]), .faint)
        }
        return ((isAlone ? [] : ["---", palette.paint("# \(service)", .heading)]) + lines).joined(separator: "\n")
    }
}

/// `storage-writer`
struct ServiceName: ExpressibleByArgument {
    let kind: ServiceKind

    init?(argument: String) {
        guard let kind = ServiceKind.all.first(where: { $0.name == argument }) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { ServiceKind.all.map(\.name) }
}
