import Foundation
import Processes
import TestServers
import Testing

/// With the services as they are.
struct ConfigCommandTests {
    private func file(_ text: String) throws -> String {
        let path = "\(try TestDirectory.make())/sluice.yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func print(
        _ words: [String], environment: [String: String] = [:]
    ) async throws -> (Processes.ExitStatus, String) {
        try await Command(Stage.sluice, ["config", "print"] + words, environment: environment).run()
    }

    @Test func `every setting is printed with where it comes from, and secrets are not`() async throws {
        let path = try file(
            """
            postgres: {url: "postgres://sluice:very-secret@db/sluice"}
            storage_writer:
              linger: 7ms

            """)
        let (status, text) = try await print(
            ["storage-writer", "--config", path, "--set", "storage_writer.days_ahead=5"],
            environment: ["SLUICE_LOG__LEVEL": "debug"])
        #expect(status.isSuccess, "\(text)")
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.contains("linger: 7ms  # \(path):3:11"), "\(text)")
        #expect(lines.contains("level: debug  # environment SLUICE_LOG__LEVEL"), "\(text)")
        #expect(lines.contains { $0.hasPrefix("days_ahead: 5  # --set") }, "\(text)")
        #expect(lines.contains { $0.hasSuffix("# default") })
        #expect(!text.contains("very-secret"))
    }

    @Test func `what is printed is settings again, and says the same`() async throws {
        let path = try file("preprocessor:\n  http: {port: 9876}\n")
        let (_, first) = try await print(["preprocessor", "--config", path, "--json"])
        let (_, yaml) = try await print(["preprocessor", "--config", path])
        let (status, second) = try await print(["preprocessor", "--config", try file(yaml), "--json"])
        #expect(status.isSuccess, "\(second)")
        #expect(try values(first) == values(second))
        #expect(try values(first)["preprocessor.http.port"] == "9876")
    }

    @Test func `all services are one answer`() async throws {
        let (status, text) = try await print(["--config", try file(""), "--json"])
        #expect(status.isSuccess, "\(text)")
        let names = try JSONDecoder().decode([String: [Setting]].self, from: Data(text.utf8)).keys.sorted()
        #expect(names == (Stage.flow + ["edge-processor"]).sorted())
        let (_, yaml) = try await print(["--config", try file("")])
        #expect(yaml.contains("---\n# mqtt-ingest\n"))
    }

    @Test func `wrong settings are named with file and line, and the exit status is 78`() async throws {
        let path = try file("storage_writer:\n  lingr: 5ms\n")
        let (status, text) = try await print(["storage-writer", "--config", path])
        #expect(status == .exited(78) && text.contains("\(path):2:3: storage_writer.lingr: unknown key"), "\(text)")
        #expect(try await print(["storage-reader"]).0 == .exited(64))
    }

    private struct Setting: Decodable {
        var path: String
        var value: String?
    }

    private func values(_ json: String) throws -> [String: String?] {
        let all = try JSONDecoder().decode([String: [Setting]].self, from: Data(json.utf8)).values.flatMap { $0 }
        return Dictionary(all.map { ($0.path, $0.value) }) { $1 }
    }
}
