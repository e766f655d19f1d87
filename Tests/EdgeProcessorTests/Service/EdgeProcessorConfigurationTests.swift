import Foundation
import Model
import Settings
import Testing

@testable import EdgeProcessor

struct EdgeProcessorConfigurationTests {
    private func decode(_ yaml: String) throws -> EdgeProcessorConfiguration {
        try SettingsDocument(yaml: yaml, environment: [:], overrides: []).decode(EdgeProcessorConfiguration.self)
    }

    private func decode(lines: String...) throws -> EdgeProcessorConfiguration {
        try decode((["edge_processor:"] + lines.map { "  " + $0 }).joined(separator: "\n"))
    }

    @Test func `without a file the rules are those of the original`() throws {
        #expect(try decode("{}").rules == ProcessingRules())
    }

    @Test func `a sensor type has rules of its own, the others the rest`() throws {
        let rules = try decode(
            lines: "buffer: 50", "sensors:", "  vibration: { smoothing: low-pass, order: 2, cutoff: 0.2 }",
            "  temperature: { transmission: swinging-door, deviation: 0.5, heartbeat: 10m, compared: processed }",
            "other_sensors: { smoothing: none, transmission: dead-band, relative_band: 0.02, heartbeat: 0s }"
        ).rules
        #expect(rules.bufferCapacity == 50)
        #expect(rules.sensors[ExactText("vibration")]?.smoothing == .lowPass(order: 2, cutoff: 0.2))
        let temperature = try #require(rules.sensors[ExactText("temperature")])
        #expect(temperature.smoothing == .meanOfLast5)
        #expect(temperature.transmission == .swingingDoor(deviation: 0.5, heartbeat: .seconds(600)))
        #expect(temperature.compared == .processed)
        #expect(rules.otherwise.smoothing == .none)
        #expect(rules.otherwise.transmission == .deadBand(.relative(0.02), heartbeat: nil))
        #expect(rules.sensors[ExactText("gyroscope")]?.smoothing == .lowPass(order: 3, cutoff: 0.1))
    }

    @Test(arguments: [
        "other_sensors: { transmission: dead-band }",
        "other_sensors: { transmission: dead-band, band: 1, relative_band: 1 }",
        "other_sensors: { transmission: swinging-door }", "other_sensors: { smoothing: fast }", "buffer: 12",
        "sensors: { vibration: { smoothing: low-pass, order: 9 } }", "sensors: { vibration: { evry: 3 } }",
        "uplink: { url: 'mqtt://broker', version: '3.1.1' }",
    ])
    func `a mistake is refused`(line: String) {
        #expect(throws: InvalidSettings.self) { try decode(lines: line) }
    }

    @Test func `the sample configuration is valid, and says the defaults`() throws {
        let sample = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Services/edge-processor/sample.yaml")
        let text = try String(contentsOf: sample, encoding: .utf8)
        let whole = text.replacing(/(?m)^( *)#(?=[a-z_]+:)/) { "\($0.output.1)" }
        for yaml in [text, whole] {
            let configuration = try decode(yaml)
            #expect(configuration.rules == ProcessingRules())
            #expect(configuration.spool.limit == .mebibytes(256))
            #expect(configuration.seriesLimit == 5_000)
        }
    }
}
