import Model
import Plugins
import Testing

@testable import Detectors

struct RateOfChangeTests {
    private let detector = RateOfChange(RateOfChange.Configuration(limit: 6))

    private func rows(_ readings: [(Int64, Double)]) throws -> [UInt32] {
        try SeriesRun.feed(detector, readings).anomalies.map(\.row)
    }

    @Test func `it is the readings' own times that count`() throws {
        // 6 a minute are 1 in 10 seconds.
        #expect(try rows([(0, 20), (10, 21), (20, 22.1), (140, 34), (150, 32.9)]) == [2, 4])
    }

    @Test func `an anomaly names both values, the time between and the rate`() throws {
        let anomaly = try #require(try SeriesRun.feed(detector, [(0, 20), (90, 35)]).anomalies.first)
        #expect(anomaly.why == "from 20 to 35 in 1 min 30 s, which is 10 in 1 min (limit 6)")
        #expect(anomaly.score == 10)
        #expect(anomaly.expectedLow == 11 && anomaly.expectedHigh == 29)
    }

    @Test func `what is older, as old, or after a gap is not compared`() throws {
        #expect(try rows([(100, 20), (50, 90), (100, 90), (110, 20.5)]).isEmpty)
        #expect(try rows([(10_000, 90), (10_010, 20)]) == [1])
    }

    @Test func `times at both ends of what there is do not trap`() throws {
        #expect(try rows([(.min / 1_000_000, 0), (.max / 1_000_000, 1e300), (0, 1)]).isEmpty)
    }

    @Test func `a state goes on`() throws {
        try SeriesRun.feed(detector, [(0, 20)])
        #expect(detector.phase(slot: 0) == .active)
        let other = RateOfChange(RateOfChange.Configuration(limit: 6))
        other.reserveSlots(1)
        #expect(other.phase(slot: 0) == .warming(readingsToGo: 1))
        try other.importState(detector.exportState(slot: 0), slot: 0)
        #expect(try SeriesRun.feed(other, [(1, 30)]).anomalies.count == 1)
        #expect(throws: PluginError.self) { try other.importState([1, 1], slot: 0) }
    }
}
