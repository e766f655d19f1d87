import Foundation
import Processes
import TestServers
import Testing

struct ValidateTests {
    @Test func `good settings are ok`() async throws {
        let stage = try Stage()
        let file = try settings(stage, "mqtt_ingest: fine\n")
        let (status, text) = try await validate(stage, file)
        #expect(status.isSuccess && text == "ok\n")
    }

    @Test func `what is wrong comes once each, in the order of the file, with exit status 78`() async throws {
        let stage = try Stage()
        let lines = ["a", "b wrong for aggregator", "c wrong for all", "d", "e wrong for preprocessor"]
        let filler = Array(repeating: "x", count: 6)
        let file = try settings(stage, (lines + filler + ["z wrong for mqtt-ingest"]).joined(separator: "\n") + "\n")
        let (status, text) = try await validate(stage, file)
        #expect(status == .exited(78))
        #expect(
            text.split(separator: "\n").map { $0.dropFirst(file.count) } == [
                ":2:3: b wrong for aggregator", ":3:3: c wrong for all", ":5:3: e wrong for preprocessor",
                ":12:3: z wrong for mqtt-ingest",
            ])
    }

    @Test func `up refuses wrong settings before it starts anything`() async throws {
        let stage = try Stage()
        let file = try settings(stage, "a wrong for all\n")
        let (status, text) = try await stage.up(["--config", file]).run()
        #expect(status == .exited(78))
        #expect(text.contains("\(file):1:3: a wrong for all"))
        #expect(stage.notes.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "\(stage.data)/state.json"))
    }

    @Test(arguments: ["http", "health_monitor.http"])
    func `up refuses http tls, and says why`(section: String) async throws {
        let stage = try Stage()
        let keys = section.split(separator: ".").map { "\($0): { " }.joined()
        let file = try settings(stage, "\(keys)tls: { certificate_file: a.pem }\(section == "http" ? " }" : " } }")\n")
        let (status, text) = try await stage.up(["--config", file]).run()
        #expect(status == .exited(78))
        #expect(text.contains("\(section).tls is for services that are started one by one"), "\(text)")
        #expect(stage.notes.isEmpty)
    }

    private func settings(_ stage: Stage, _ text: String) throws -> String {
        let file = "\(stage.folder)/settings.yaml"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    private func validate(_ stage: Stage, _ file: String) async throws -> (Processes.ExitStatus, String) {
        try await Command(Stage.sluice, ["validate", file, "--services", "\(stage.folder)/bin"]).run()
    }
}

/// With the services as they are.
struct SampleSettingsTests {
    private static let sample = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../compose/sluice.yaml").standardizedFileURL.path(percentEncoded: false)

    @Test func `the sample of all settings is valid`() async throws {
        let (status, text) = try await Command(Stage.sluice, ["validate", Self.sample]).run()
        #expect(status.isSuccess && text == "ok\n", "\(text)")
    }

    @Test func `mistakes are named with file, line and what to write instead`() async throws {
        let file = "\(try TestDirectory.make())/sluice.yaml"
        try """
        storage_writer:
          lingr: 5ms
          days_ahead: many
        aggregator:
          merge_interval: 2h
        agregator: {}

        """.write(toFile: file, atomically: true, encoding: .utf8)
        let (status, text) = try await Command(Stage.sluice, ["validate", file]).run()
        #expect(status == .exited(78))
        let lines = text.split(separator: "\n")
        #expect(lines.count == 4, "\(text)")
        #expect(lines.first?.hasPrefix("\(file):2:3: storage_writer.lingr: unknown key") == true)
        #expect(lines.first?.contains("linger") == true)
        #expect(zip(lines, ["2:3", "3:15", "5:19", "6:1"]).allSatisfy { $0.hasPrefix("\(file):\($1): ") }, "\(text)")
    }
}
