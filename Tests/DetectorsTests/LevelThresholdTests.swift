import Model
import Plugins
import Testing

@testable import Detectors

struct LevelThresholdTests {
    private var hot: LevelThreshold {
        var configuration = LevelThreshold.Configuration()
        configuration.above = 90
        configuration.clearAbove = 85
        configuration.below = 10
        return LevelThreshold(configuration)
    }

    @Test func `it begins beyond the limit and ends at the clear level`() throws {
        let outcome = try SeriesRun(hot).feed([80, 90, 90.5, 88, 91, 85.1, 85, 88, 9, 9.9, 10, 95])
        #expect(outcome.anomalies.map(\.row) == [2, 8, 11])
        #expect(outcome.scores == [0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1])
    }

    @Test func `one side may follow the other at once`() throws {
        let anomalies = try SeriesRun(hot).feed([95, 5, 95]).anomalies
        #expect(anomalies.map(\.row) == [0, 1, 2])
        #expect(anomalies[0].why == "95 is 5 above the limit 90")
        #expect(anomalies[1].why == "5 is 5 below the limit 10")
    }

    @Test func `a state goes on, and one that is none is refused`() throws {
        let first = hot
        try SeriesRun(first).feed([91])
        let second = hot
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        #expect(try SeriesRun(second).feed([86]).scores == [1])
        #expect(throws: PluginError.self) { try second.importState([1, 3], slot: 0) }
        #expect(try SeriesRun(second).feed([86]).scores == [0])
    }
}
