import Detectors
import Plugins
import Settings
import Testing

@testable import AnomalyDetector

struct AnomalyDetectorConfigurationTests {
    private func decode(_ yaml: String) throws -> AnomalyDetectorConfiguration {
        try SettingsDocument(yaml: yaml, environment: [:], overrides: [])
            .decode(AnomalyDetectorConfiguration.self)
    }

    @Test func `without a file it is the detector of the original`() throws {
        let configuration = try decode("{}")
        #expect(configuration.checkpointInterval == .seconds(5))
        let detector = try #require(configuration.detectors.first)
        #expect(configuration.detectors.count == 1)
        #expect(detector.name == "running-zscore")
        #expect(detector.runningZScore.threshold == 3)
        #expect(detector.runningZScore.deviationFloor == 0.1)
        #expect(detector.runningZScore.warmUp == 30)
        #expect(detector.runningZScore.learnAfter == 30)
    }

    @Test func `several detectors, each with its own settings`() throws {
        let configuration = try decode(
            """
            anomaly_detector:
              checkpoint_interval: 1s
              detectors:
                - { type: running-zscore, threshold: 4, warm_up: 100 }
                - { type: running-zscore, name: strict, threshold: 2 }
            """)
        #expect(configuration.detectors.map(\.name) == ["running-zscore", "strict"])
        #expect(configuration.detectors.map(\.runningZScore.threshold) == [4, 2])
        #expect(configuration.detectors.map { $0.makeDetector().name } == ["running-zscore", "strict"])
    }

    @Test(arguments: [
        "detectors: [{ type: running-zscore }, { type: running-zscore }]", "detectors: [{ type: none-such }]",
        "detectors: [{ threshold: 0 }]", "detectors: [{ treshold: 3 }]", "checkpoint_interval: 5",
    ])
    func `a mistake is refused`(line: String) {
        #expect(throws: InvalidSettings.self) { try decode("anomaly_detector: { \(line) }") }
    }
}
