import Foundation
import Settings
import Testing

@testable import StorageWriter

struct StorageWriterConfigurationTests {
    private func sinks(_ list: String) throws -> [SinkSettings] {
        try decode("storage_writer:\n  linger: 5ms\n  sinks: \(list)\n").sinks
    }

    private func decode(_ yaml: String) throws -> StorageWriterConfiguration {
        try SettingsDocument(yaml: yaml, environment: [:], overrides: []).decode(StorageWriterConfiguration.self)
    }

    @Test func `without a list PostgreSQL comes first, and Redis follows`() throws {
        #expect(try decode("").sinks == [.postgres, .redis])
    }

    @Test func `the list is kept as it is written`() throws {
        #expect(try sinks("[{ type: postgres }]") == [.postgres])
        #expect(try sinks("[{ type: postgres }, { type: redis }]") == [.postgres, .redis])
    }

    @Test(arguments: [
        ("[{ type: redis }, { type: postgres }]", "the first sink must be postgres"),
        ("[{ type: redis }]", "the first sink must be postgres"), ("[]", "the first sink must be postgres"),
        ("[{ type: postgres }, { type: redis }, { type: redis }]", "redis is listed twice"),
        ("[{ type: postgres }, { type: reddis }]", "expected one of postgres, redis"),
        ("[{ type: postgres }, {}]", "sinks: entry 2 has no type"),
        ("[{ type: postgres, url: x }]", "url: unknown key"),
    ])
    func `a list that makes no sense is refused with its line`(list: String, expected: String) throws {
        let error = #expect(throws: InvalidSettings.self) { try sinks(list) }
        let text = String(describing: try #require(error))
        #expect(text.contains("sluice.yaml:3:") && text.contains(expected), "\(text)")
        #expect(try #require(error).problems.count == 1, "\(text)")
    }

    @Test func `names alone are refused too, and told how to be written`() throws {
        let error = #expect(throws: InvalidSettings.self) { try sinks("[postgres, redis]") }
        let text = String(describing: try #require(error))
        #expect(text.contains("expected a mapping") && text.contains("{ type: postgres }"), "\(text)")
    }

    @Test func `the sample shows every option with its default`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Services/storage-writer/sample.yaml")
        let sample = try String(contentsOf: path, encoding: .utf8)
        let options = sample.components(separatedBy: "\n").map { line in
            line.contains(#/^ *# ( *- |[a-z_]+:)/#) ? line.replacing(#/# /#, with: "", maxReplacements: 1) : line
        }.joined(separator: "\n")
        // What has no default.
        let shown = try decode(options.replacing(#/(alert_)?retention: 365d/#, with: "# none"))
        #expect(String(describing: shown) == String(describing: try decode("")))
        #expect(options.contains("\n  sinks:\n    - { type: postgres }"))
    }
}
