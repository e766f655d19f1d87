import IOLoop
import Observability
import Settings
import StageRuntime
import Testing

@testable import EdgeProcessor

@IOThread @Suite struct EdgeProcessorHealthTests {
    private let board = HealthBoard()

    /// With a limit of nothing for stalls, so that no time need pass.
    private func health(models: Bool = false) -> EdgeProcessorHealth {
        var limits = HealthSettings.standard
        limits.stallAfter = .zero
        return EdgeProcessorHealth(board, limits: HealthLimits(limits), models: models)
    }

    private func check(_ name: String) -> HealthBoard.Check? { board.checks.first { $0.name == name } }

    @Test func `what waits while the uplink is away is degraded, and what the uplink does not take is red`() {
        let health = health()
        let waiting = FlowSample(arrived: 3, done: 0, waiting: 3, isListening: true)
        health.report(waiting, uplinkIsUp: false)
        #expect(check("flow")?.status == .degraded)
        #expect(check("flow")?.detail == "3 messages wait and none was confirmed for 0 s; the uplink is away")
        health.report(waiting, uplinkIsUp: true)
        #expect(check("flow")?.status == .fail)
    }

    @Test func `a spool at its limit thins itself out, which is degraded, and one that cannot be written is red`() {
        let health = health()
        var report = EdgeProcessorHealth.SpoolReport(failure: nil, bytes: 100, limit: 100, givenUp: 0, refused: 0)
        health.report(spool: report)
        #expect(check("spool")?.status == .degraded)
        report.failure = "the disk is full"
        health.report(spool: report)
        #expect(check("spool")?.status == .fail)
        report = EdgeProcessorHealth.SpoolReport(failure: nil, bytes: 0, limit: 100, givenUp: 0, refused: 0)
        health.report(spool: report)
        #expect(check("spool")?.status == .ok)
    }

    @Test func `a model file that cannot be used is told of where forests judge`() {
        _ = health(models: false)
        #expect(check("models") == nil)
        let health = health(models: true)
        #expect(check("models")?.status == .ok)
        health.modelRefused("a.json: no trees")
        #expect(check("models")?.status == .degraded)
        #expect(check("models")?.detail.hasSuffix("a.json: no trees") == true)
    }

    @Test func `a disk that is nearly full is degraded before it is red`() {
        let health = health()
        health.report(freeOnDisk: 100 << 20, minimum: 16 << 20)
        #expect(check("disk")?.status == .degraded)
        health.report(freeOnDisk: 15 << 20, minimum: 16 << 20)
        #expect(check("disk")?.status == .fail)
    }
}
