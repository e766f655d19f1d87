import Alerting
import DetectorCatalog
import IOLoop
import Settings
import Testing

@testable import AnomalyDetector

@IOThread @Suite struct PolicyReloadTests {
    private func document(_ detectors: String) -> SettingsDocument {
        SettingsDocument(yaml: "anomaly_detector: { detectors: [\(detectors)] }", environment: [:])
    }

    @Test func `a reload changes the policies of detectors that run, and of no others`() throws {
        let before = document("{ type: running-zscore }")
        let running = try before.decode(AnomalyDetectorConfiguration.self)
        let memory = SeriesMemory(try running.makeChain(), alerts: try running.makeAlerts())

        let after = document(
            "{ type: running-zscore, alert: { for: 10s, flapping: { enabled: false } } }, { type: flat-line, for: 1h }"
        )
        memory.use(policiesOf: try after.decode(AnomalyDetectorConfiguration.self).detectors)
        #expect(Array(memory.book.policies.keys) == ["running-zscore"])
        #expect(memory.book.policies["running-zscore"]?.pendingFor == .seconds(10))
        #expect(memory.book.policies["running-zscore"]?.flapping == nil)
    }

    @Test func `only an alert's policy is hot among a detector's settings`() throws {
        let before = document("{ type: running-zscore }")
        let after = document("{ type: running-zscore, name: other, alert: { min_breaches: 2, of_readings: 3 } }")
        _ = try before.decode(AnomalyDetectorConfiguration.self)
        _ = try after.decode(AnomalyDetectorConfiguration.self)
        let changes = SettingsChanges(from: before.effective, to: after.effective)
        #expect(
            changes.hot == [
                "anomaly_detector.detectors[0].alert.min_breaches", "anomaly_detector.detectors[0].alert.of_readings",
            ])
        #expect(changes.restart == ["anomaly_detector.detectors[0].name"])
    }
}
