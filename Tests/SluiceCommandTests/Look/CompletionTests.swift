import Foundation
import Processes
import TestServers
import Testing

@testable import SluiceCommand

struct CompletionTests {
    @Test func `bash takes the script, and completes commands, options and services`() async throws {
        let script = "\(try TestDirectory.make())/sluice.bash"
        let (status, text) = try await Command(Stage.sluice, ["completion", "bash"]).run()
        #expect(status.isSuccess)
        try text.write(toFile: script, atomically: true, encoding: .utf8)
        #expect(try await Command("/bin/bash", ["-n", script]).run().status.isSuccess)
        #expect(try await completed(script, "sluice", "sta").contains("status"))
        #expect(try await completed(script, "sluice", "status", "--js").contains("--json"))
        #expect(try await completed(script, "sluice", "scale", "pre").contains("preprocessor="))
    }

    @Test func `every shell has its script`() async throws {
        for shell in ["zsh", "fish"] {
            let (status, text) = try await Command(Stage.sluice, ["completion", shell]).run()
            #expect(status.isSuccess && text.contains("ledger") && text.contains("silences"), "\(shell)")
        }
        #expect(try await Command(Stage.sluice, ["completion", "tcsh"]).run().status == .exited(64))
    }

    @Test func `the data directory is that of the command line`() {
        #expect(Completions.directory(of: ["logs", "--data-dir", "/x/y", "pre"]).path == "/x/y")
        #expect(Completions.directory(of: ["logs", "--data-dir=/x/y"]).path == "/x/y")
        #expect(Completions.directory(of: ["logs", "--data-dir"]).path.hasSuffix("/.sluice"))
    }

    /// What bash would offer for the last word.
    private func completed(_ script: String, _ words: String...) async throws -> [String] {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let commands = """
            source '\(script)'
            PATH="$(dirname '\(Stage.sluice)'):$PATH"
            COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1)
            COMP_LINE="\(words.joined(separator: " "))"; COMP_POINT=${#COMP_LINE}
            $(complete -p sluice | sed 's/.*-F \\([^ ]*\\).*/\\1/') sluice '\(words.last ?? "")' '\(words.dropLast().last ?? "")'
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let (_, text) = try await Command("/bin/bash", ["-c", commands]).run()
        return text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
