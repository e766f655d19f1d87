import Ledger
import Testing

@testable import HealthMonitor

@Suite struct LedgerSummaryTests {
    /// - Parameter found: nil when PostgreSQL cannot be asked.
    private func balance(_ producer: String, entered: Int, found: Int?) throws -> LedgerBalance {
        let spool = SpoolTotals(
            producer: producer, spool: "\(producer).sqlite", entered: entered, waiting: 0, through: 9,
            enteredBefore: entered, damagedBefore: 0)
        let stored = found.map {
            DeliveryTotals(
                producer: producer, lowWater: 9, readings: $0, deadLetters: 0, presence: 0, replayedBefore: 0)
        }
        return try #require(
            LedgerBalance(spool, of: "mqtt-ingest-1", stored: stored, canAsk: found != nil))
    }

    private func summary(_ producers: LedgerBalance...) -> LedgerSummary {
        LedgerSummary(
            LedgerReport(time: "2026-01-01T00:00:00Z", producers: producers, stages: [], silent: [], silentSpools: 0))
    }

    @Test func `a surplus of one spool does not hide the loss of another`() throws {
        let summary = summary(
            try balance("a", entered: 100, found: 95), try balance("b", entered: 100, found: 108),
            try balance("c", entered: 50, found: 50))
        #expect(summary.state == .off)
        #expect(summary.missing == 5 && summary.surplus == 8 && summary.difference == -3)
        #expect(summary.acknowledged == 250 && summary.accounted == 253)
        #expect(SnakeCase.json(summary).contains(#""missing":5"#))
    }

    @Test func `what cannot be asked for is not missing`() throws {
        let summary = summary(try balance("a", entered: 100, found: 97), try balance("b", entered: 1_000, found: nil))
        #expect(summary.state == .off)
        #expect(summary.missing == 3 && summary.surplus == 0 && summary.difference == 3)
        let unknown = self.summary(try balance("b", entered: 1_000, found: nil))
        #expect(unknown.state == .unknown && unknown.missing == 0 && unknown.difference == 0)
    }

    @Test func `equal sides lack nothing`() throws {
        let summary = summary(try balance("a", entered: 100, found: 100))
        #expect(summary.state == .balanced)
        #expect(summary.missing == 0 && summary.surplus == 0 && summary.difference == 0)
    }
}
