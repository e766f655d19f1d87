import Foundation
import Glibc
import Processes
import Testing

struct OperatorTokenTests {
    @Test func `up makes a token once, for its owner alone, and gives it to every service`() async throws {
        let stage = try Stage()
        let file = "\(stage.data)/operator-token"
        var first = ""
        for _ in 1...2 {
            try await stage.whileUp {
                var status = stat()
                #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
                let token = try String(contentsOfFile: file, encoding: .utf8)
                #expect(token.count == 65 && token.dropLast().allSatisfy(\.isHexDigit))
                #expect(first.isEmpty || token == first)
                first = token
                for name in Stage.flow {
                    let log = try log(stage, name)
                    #expect(log.contains("SLUICE_HTTP__OPERATOR_TOKEN_FILE=\(file)\n"))
                    // Others may read a command line, and somebody will send a log to somebody.
                    #expect(!log.contains(token.dropLast()))
                }
                let (shown, text) = try await stage.command("token").run()
                #expect(shown.isSuccess && text == token)
            }
        }
    }

    @Test func `two data directories have two tokens`() async throws {
        let stages = [try Stage(), try Stage()]
        var tokens: Set<String> = []
        for stage in stages {
            try await stage.whileUp {
                tokens.insert(try String(contentsOfFile: "\(stage.data)/operator-token", encoding: .utf8))
            }
        }
        #expect(tokens.count == 2)
    }

    @Test func `a token in the settings is the token, and none is made`() async throws {
        let stage = try Stage()
        let file = "\(stage.folder)/settings.yaml"
        try "http: {operator_token: of-the-settings}\n".write(toFile: file, atomically: true, encoding: .utf8)
        try await stage.whileUp(["--config", file]) {
            #expect(!FileManager.default.fileExists(atPath: "\(stage.data)/operator-token"))
            #expect(try !log(stage, "anomaly-detector").contains("OPERATOR_TOKEN"))
            let (shown, text) = try await stage.command("token", ["--config", file]).run()
            #expect(shown.isSuccess && text == "of-the-settings\n")
        }
    }

    @Test func `a token in the environment is not contradicted`() async throws {
        let stage = try Stage()
        var command = stage.up(["--base-port", "0", "--detach"])
        command.environment["SLUICE_HTTP__OPERATOR_TOKEN"] = "of-the-environment"
        let (status, text) = try await command.run()
        #expect(status.isSuccess, "\(text)")
        let log = try log(stage, "anomaly-detector")
        #expect(try await stage.command("down").run().status.isSuccess)
        #expect(log.contains("SLUICE_HTTP__OPERATOR_TOKEN=of-the-environment\n"))
        #expect(!log.contains("SLUICE_HTTP__OPERATOR_TOKEN_FILE"))
    }

    @Test func `where there is no token, nothing is printed`() async throws {
        let stage = try Stage()
        let (status, text) = try await stage.command("token").run()
        #expect(status == .exited(1) && text.contains("there is no operators' token"), "\(text)")
    }

    private func log(_ stage: Stage, _ service: String) throws -> String {
        try String(contentsOfFile: "\(stage.data)/log/\(service)-1.log", encoding: .utf8)
    }
}
