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

    private func changes(_ before: String, _ after: String) throws -> SettingsChanges {
        let (before, after) = (document(before), document(after))
        _ = try before.decode(AnomalyDetectorConfiguration.self)
        _ = try after.decode(AnomalyDetectorConfiguration.self)
        return SettingsChanges(from: before.effective, to: after.effective)
    }

    @Test func `only an alert's policy is hot among a detector's settings`() throws {
        let changes = try changes(
            "{ type: running-zscore }",
            "{ type: running-zscore, threshold: 5, alert: { min_breaches: 2, of_readings: 3 } }")
        #expect(
            changes.hot == [
                "anomaly_detector.detectors[running-zscore].alert.min_breaches",
                "anomaly_detector.detectors[running-zscore].alert.of_readings",
            ])
        #expect(changes.restart == ["anomaly_detector.detectors[running-zscore].threshold"])
    }

    @Test func `a detector that comes before others is the only change`() throws {
        let changes = try changes(
            "{ type: tailsum, threshold: 3 }, { type: missing }",
            "{ type: threshold, name: hot, above: 90 }, { type: tailsum, threshold: 3, alert: { for: 10s } }, { type: missing }"
        )
        #expect(changes.restart == ["anomaly_detector.detectors[hot]"])
        #expect(changes.hot == ["anomaly_detector.detectors[tailsum].alert.for"])
    }

    @Test func `another name is another detector`() throws {
        let changes = try changes("{ type: tailsum }", "{ type: tailsum, name: other }")
        #expect(changes.hot.isEmpty)
        #expect(changes.restart == ["anomaly_detector.detectors[other]", "anomaly_detector.detectors[tailsum]"])
    }
}
