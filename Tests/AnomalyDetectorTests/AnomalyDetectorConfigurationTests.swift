import DetectorCatalog
import Plugins
import Settings
import Testing

@testable import AnomalyDetector

struct AnomalyDetectorConfigurationTests {
    private func decode(_ yaml: String) throws -> AnomalyDetectorConfiguration {
        try SettingsDocument(yaml: yaml, environment: [:], overrides: [])
            .decode(AnomalyDetectorConfiguration.self)
    }

    @Test func `without a file it is the default detectors, and the statistics that Redis shows`() throws {
        let configuration = try decode("{}")
        #expect(configuration.checkpointInterval == .seconds(5))
        #expect(try configuration.makeChain().members.map(\.detector.name) == ["tailsum", "missing", "statistics"])
    }

    @Test func `several detectors, each with its own settings`() throws {
        let configuration = try decode(
            """
            anomaly_detector:
              checkpoint_interval: 1s
              detectors:
                - { type: running-zscore, threshold: 4, warm_up: 100 }
                - { type: running-zscore, name: strict, threshold: 2, sensors: [temperature] }
            """)
        let members = try configuration.makeChain().members
        #expect(members.map(\.detector.name) == ["running-zscore", "strict", "statistics"])
        #expect(members.map(\.scope.sensors) == [[], ["temperature"], []])
    }

    @Test(arguments: [
        "detectors: [{ type: running-zscore }, { type: running-zscore }]", "detectors: [{ type: none-such }]",
        "detectors: [{ type: tailsum, name: statistics }]", "detectors: [{ treshold: 3 }]", "checkpoint_interval: 5",
    ])
    func `a mistake is refused`(line: String) {
        #expect(throws: InvalidSettings.self) { try decode("anomaly_detector: { \(line) }") }
    }
}
