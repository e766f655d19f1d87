import ArgumentParser
import Foundation
import Testing

@testable import SluiceCommand

/// What holds for every command.
struct CommandTreeTests {
    /// That answer with nothing that a script could read, or (the last three) write their report to a file.
    private static let withoutJSON: Set<String> = [
        "completion", "replay of dlq", "pipeline", "detection", "chaos",
    ]

    private static func leaves(below command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let below = command.configuration.subcommands
        return below.isEmpty ? [command] : below.flatMap(leaves)
    }

    private static let leaves = Self.leaves(below: Sluice.self)

    private static func name(_ command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? ""
    }

    @Test func `the tree is walked to its end`() {
        let names = Set(Self.leaves.map(Self.name))
        #expect(names.isSuperset(of: ["up", "status", "ls", "verify", "silences", "ledger", "top", "chaos"]))
        #expect(Self.leaves.count > 25)
    }

    @Test func `every command says what it is for, and shows how with an example of its own`() {
        for command in Self.leaves {
            let configuration = command.configuration
            #expect(!configuration.abstract.isEmpty, "\(command)")
            let name = configuration.commandName ?? ""
            let examples = configuration.discussion.components(separatedBy: "EXAMPLE").dropFirst().joined()
            let isShown = examples.contains { $0.isLetter } && examples.contains("sluice")
            #expect(isShown, "\(name) has no example")
            let isOwn = examples.contains(name) || command.configuration.commandName == "pipeline"
            #expect(isOwn, "the examples of \(name) are of something else")
        }
    }

    @Test func `every command that answers takes --json`() {
        for command in Self.leaves where !Self.withoutJSON.contains(Self.name(command)) {
            #expect(Sluice.helpMessage(for: command).contains("--json"), "\(command)")
        }
    }

    @Test func `an example can be parsed`() throws {
        for command in Self.leaves {
            for line in command.configuration.discussion.split(separator: "\n") where line.hasPrefix("  sluice ") {
                guard let words = Self.words(line) else { continue }
                #expect(throws: Never.self, "\(line)") { try Sluice.parseAsRoot(Array(words.dropFirst())) }
            }
        }
    }

    /// As a shell splits a line; nil for lines that want a whole shell.
    private static func words(_ line: Substring) -> [String]? {
        let command = line.prefix { $0 != ">" }
        guard !command.contains("$("), !command.contains("<(") else { return nil }
        return command.matches(of: #/'([^']*)'|"([^"]*)"|(\S+)/#).map { match in
            String(match.1 ?? match.2 ?? match.3 ?? "")
        }
    }

    @Test func `the help names every exit status`() {
        let help = Sluice.helpMessage()
        for reason in ExitReason.allCases {
            #expect(help.contains("\(reason.rawValue)") && help.contains(reason.meaning), "\(reason)")
        }
    }
}
