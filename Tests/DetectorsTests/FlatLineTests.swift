import Model
import Plugins
import Testing

@testable import Detectors

struct FlatLineTests {
    private let moving = (0..<200).map { Double($0 % 7) }

    private func rows(_ values: [Double], _ configuration: FlatLine.Configuration = .init()) throws -> [UInt32] {
        try SeriesRun(FlatLine(configuration)).feed(values).anomalies.map(\.row)
    }

    @Test func `a sensor that is stuck is found, and found well again`() throws {
        let outcome = try SeriesRun(FlatLine()).feed(
            moving + Array(repeating: 9, count: 80) + moving + Array(repeating: 9, count: 400))
        #expect(outcome.anomalies.map(\.row) == [259, 539])
        #expect(outcome.scores[259..<280].allSatisfy { $0 == 1 } && outcome.scores[280] < 1)
    }

    @Test func `it says how long, and how long is usual`() throws {
        let anomaly = try #require(
            try SeriesRun(FlatLine()).feed(moving + Array(repeating: 3.5, count: 60)).anomalies.first)
        #expect(anomaly.why == "3.5 has not changed for 60 readings (59 s); the longest usual run is of 1 (limit 60)")
        #expect(anomaly.score == 60 && anomaly.threshold == 60)
    }

    @Test func `a series that never changes is warming for ever`() throws {
        let detector = FlatLine()
        #expect(try SeriesRun(detector).feed(Array(repeating: 0, count: 100_000)).anomalies.isEmpty)
        #expect(detector.phase(slot: 0) == .warming(readingsToGo: 20))
    }

    @Test func `a series that usually stands still for long needs longer`() throws {
        let slow = (0..<40).flatMap { Array(repeating: Double($0 % 3), count: 50) }
        #expect(try rows(slow + Array(repeating: 9, count: 150)).isEmpty)
        #expect(try rows(slow + Array(repeating: 9, count: 250)).first == 2_000 + 199)
    }

    @Test func `longer runs that keep coming are learnt`() throws {
        let stills = (0..<12).flatMap { Array(repeating: Double($0), count: 100) }
        let rows = try rows(moving + stills)
        #expect(rows.contains { $0 < 300 })
        #expect(!rows.contains { $0 > 900 })
    }

    @Test func `trembling within the tolerance is no change, and time counts where it is asked for`() throws {
        var configuration = FlatLine.Configuration()
        configuration.tolerance = 0.1
        let trembling = (0..<100).map { 9 + Double($0 % 2) * 0.05 }
        #expect(try rows(moving + trembling, configuration) == [259])
        configuration.duration = .seconds(80)
        #expect(try rows(moving + trembling, configuration) == [280])
    }

    @Test func `a state goes on in the middle of a run`() throws {
        let first = FlatLine()
        try SeriesRun(first).feed(moving + Array(repeating: 9, count: 40))
        let second = FlatLine()
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        #expect(second.exportState(slot: 0) == first.exportState(slot: 0))
        #expect(try SeriesRun(second).feed(Array(repeating: 9, count: 20)).anomalies.map(\.row) == [19])
        #expect(throws: PluginError.self) { try second.importState([1], slot: 0) }
    }
}
