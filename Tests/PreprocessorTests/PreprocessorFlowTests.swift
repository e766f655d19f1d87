import IOLoop
import Model
import Observability
import Pipes
import StageRuntime
import Testing

@testable import Preprocessor

@IOThread @Suite struct PreprocessorFlowTests {
    /// What arrives behind the stage.
    @IOThread private final class Arrivals {
        var batches: [ReadingBatch] = []
    }

    @Test func `batches go through two pipes and are acknowledged at the end of the chain`() async throws {
        let gauges = Gauges()
        let ingest = try OutboundPipe(.init(bind: "tcp://127.0.0.1:0", instance: "mqtt-ingest-1"))
        let outbound = try OutboundPipe(.init(bind: "tcp://127.0.0.1:0", instance: "preprocessor-1"))
        let stage = Stage(
            inbound: InboundPipeConfiguration(stage: "preprocessor", instance: "preprocessor-1"),
            from: .fixed([ingest.endpoint]), outbound: outbound,
            transform: PreprocessorTransform(
                ProcessorList(rules: RuleSettings.standard, pipelineVersion: "7", metrics: gauges.metrics)),
            metrics: StageMetrics(in: gauges.registry))
        let arrivals = Arrivals()
        let detector = InboundPipe(
            .init(stage: "anomaly-detector", instance: "anomaly-detector-1"), from: .fixed([outbound.endpoint])
        ) { delivery in
            arrivals.batches.append(delivery.batch)
            delivery.ack()
        }
        stage.start()
        detector.start()

        var acknowledged = 0
        for sequence in 1...20 {
            var sent = batch(("a", "temperature", 20), ("b", "temperature", 200), ("c", "humidity", 120))
            sent.identity.sequence = UInt64(sequence)
            ingest.send(OutgoingBatch(sent)) { outcome in
                if case .acknowledged = outcome { acknowledged += 1 }
            }
        }
        try await until { acknowledged == 20 }
        let arrived = arrivals.batches
        #expect(arrived.map(\.count).reduce(0, +) == 40)
        #expect(arrived.map(\.deadLetters.count).reduce(0, +) == 20)
        #expect(Set(arrived.flatMap(\.value)) == [20, 100])
        #expect(arrived.allSatisfy { $0.pipelineVersion == "7" && $0.processedAt != nil })
        #expect(gauges.shows("sluice_received_readings_total 60"))
        await stage.drain()
        detector.close()
        stage.close()
        ingest.close()
    }

    @Test func `nothing is acknowledged while nobody has taken it`() async throws {
        let ingest = try OutboundPipe(.init(bind: "tcp://127.0.0.1:0", instance: "mqtt-ingest-1"))
        let outbound = try OutboundPipe(.init(bind: "tcp://127.0.0.1:0", instance: "preprocessor-1"))
        let gauges = Gauges()
        let stage = Stage(
            inbound: InboundPipeConfiguration(stage: "preprocessor", instance: "preprocessor-1"),
            from: .fixed([ingest.endpoint]), outbound: outbound,
            transform: PreprocessorTransform(
                ProcessorList(rules: [], pipelineVersion: "7", metrics: gauges.metrics)),
            metrics: StageMetrics(in: gauges.registry))
        let board = HealthBoard()
        let flow = FlowHealth(board: board, giver: "mqtt-ingest", taker: "anomaly-detector")
        stage.start()
        var isAcknowledged = false
        ingest.send(OutgoingBatch(batch(("a", "t", 1)))) { _ in isAcknowledged = true }
        try await until { gauges.shows("sluice_received_readings_total 1") }
        flow.look(at: stage)
        #expect(!isAcknowledged)
        #expect(board.checks.first { $0.name == "upstream" }?.status == .ok)
        #expect(board.checks.first { $0.name == "downstream" }?.status == .fail)

        let detector = InboundPipe(
            .init(stage: "anomaly-detector", instance: "anomaly-detector-1"), from: .fixed([outbound.endpoint])
        ) { $0.ack() }
        detector.start()
        try await until { isAcknowledged }
        flow.look(at: stage)
        #expect(board.checks.first { $0.name == "downstream" }?.status == .ok)
        detector.close()
        stage.close()
        ingest.close()
    }
}

/// Waits for a condition, a minute at most.
@IOThread
func until(_ condition: @IOThread () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "the condition did not come true within a minute")
        await EventLoop.sleep(for: .milliseconds(20))
    }
}
