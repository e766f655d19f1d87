import Alerting
import IOLoop
import Model
import TestServers
import Testing

@testable import AnomalyDetector

@IOThread
struct DetectionStepTests {
    private let level = (0..<30).map { 20 + Double($0 % 3) * 0.1 }

    @Test func `an anomaly is in the batch and told, with an id that comes from the reading`() async throws {
        try await withRedis { url in try await findsAnomaly(url) }
    }

    private func findsAnomaly(_ url: String) async throws {
        let instance = try await DetectorInstance.started(url)
        await instance.feed(1, level)
        var batch = ReadingBatch.of(["dev-1": [20.1, 99]], sequence: 2)
        batch.locations = [SparseText(row: 1, text: #"{"lat":1.5}"#)]
        let scored = await instance.step.detect(in: batch)
        #expect(scored.anomalies.map(\.row) == [1])
        #expect(scored.anomalyScore.count == 2)
        #expect(scored.anomalyScore[0] < 0.1)
        #expect(scored.anomalyScore[1] == 1)
        try await eventually { instance.told.transitions.count == 1 }
        let alert = try #require(instance.told.transitions.first)
        #expect(alert.alertID == "producer-2-1-running-zscore")
        #expect(alert.topic == "alerts/dev-1/temperature")
        #expect(
            alert.message.text.hasPrefix(
                #"{"id":"producer-2-1-running-zscore","transition":1,"state":"firing","cause":"fired","severity":"warning","#
            ))
        #expect(alert.message.text.hasSuffix(#","location":{"lat":1.5}}"#))
    }

    @Test func `a batch without readings passes unchanged`() async throws {
        try await withRedis { url in try await passesEmpty(url) }
    }

    private func passesEmpty(_ url: String) async throws {
        let instance = try await DetectorInstance.started(url)
        var batch = ReadingBatch(identity: BatchIdentity(producer: "producer", sequence: 1))
        batch.presence = [
            PresenceChange(
                position: 0, partition: Partition(rawValue: 0), device: "d", status: "online", at: .now(),
                attributes: nil)
        ]
        let passed = await instance.step.detect(in: batch)
        #expect(passed == batch)
    }

    @Test func `a batch that comes again is scored and not learnt twice`() async throws {
        try await withRedis { url in try await learnsOnce(url) }
    }

    private func learnsOnce(_ url: String) async throws {
        let instance = try await DetectorInstance.started(url)
        await instance.feed(1, level)
        let first = await instance.feed(2, [20.1, 99])
        let again = await instance.feed(2, [20.1, 99])
        #expect(first == again)
        #expect(instance.count() == 31)
        #expect(instance.metric("sluice_scored_only_series_total 1"))
    }

    @Test func `one batch in two units of a series is learnt whole`() async throws {
        try await withRedis { url in try await learnsBothUnits(url) }
    }

    private func learnsBothUnits(_ url: String) async throws {
        let instance = try await DetectorInstance.started(url)
        var batch = ReadingBatch.of(["dev-1": [1, 2]], sequence: 1)
        batch.series.append(
            Series(device: "dev-1", sensor: "temperature", unit: "K", partition: Partition(rawValue: 0)))
        batch.seriesIndex[1] = 1
        _ = await instance.step.detect(in: batch)
        #expect(instance.count() == 2)
        #expect(instance.memory.count == 1)
    }
}
