import Foundation
import Processes
import TestServers
import Testing

/// What scripts are told by the end of a command.
struct ExitStatusTests {
    @Test(arguments: [
        ["scale", "preprocessor=2"], ["ledger"], ["dlq", "ls"], ["alerts", "ls"], ["trace", "pump-3"],
        ["top", "--once"],
        ["simulate", "--count", "1"],
    ])
    func `where nothing runs it is 69, with the remedy`(_ words: [String]) async throws {
        let folder = try TestDirectory.make()
        let (status, text) = try await Command(Stage.sluice, words + ["--data-dir", folder]).run()
        #expect(status == .exited(69))
        #expect(text.hasPrefix("sluice: nothing runs in \(folder)"), "\(text)")
    }

    @Test func `who does not answer is unavailable`() async throws {
        for words in [
            ["ledger", "--url", "http://127.0.0.1:1"], ["dlq", "ls", "--postgres", "postgres://x@127.0.0.1:1/x"],
        ] {
            let (status, text) = try await Command(Stage.sluice, words).run()
            #expect(status == .exited(69), "\(text)")
        }
    }

    @Test func `a wrong command line is 64, and wrong settings are 78`() async throws {
        let folder = try TestDirectory.make()
        #expect(try await Command(Stage.sluice, ["status", "--jason"]).run().status == .exited(64))
        #expect(try await Command(Stage.sluice, ["statues"]).run().status == .exited(64))
        let file = "\(folder)/sluice.yaml"
        try "http: {operator_token: [1]}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let (status, text) = try await Command(Stage.sluice, ["token", "--config", file]).run()
        #expect(status == .exited(78) && text.contains("operator_token"), "\(text)")
    }

    @Test func `a question whose answer is no is 1, and help is 0`() async throws {
        let folder = try TestDirectory.make()
        #expect(try await Command(Stage.sluice, ["status", "--data-dir", folder]).run().status == .exited(1))
        let (status, text) = try await Command(Stage.sluice, ["help", "top"]).run()
        #expect(status.isSuccess && text.contains("EXAMPLES"))
    }
}
