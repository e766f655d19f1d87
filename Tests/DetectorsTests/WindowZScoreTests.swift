import Foundation
import Model
import Plugins
import Testing

@testable import Detectors

struct WindowZScoreTests {
    /// The values that `Fixtures/running-zscore` holds, and for each the figures that NumPy's would be: computed here in the plain
    /// way, from a slice.
    @Test func `z is against mean and population deviation of the nineteen before`() throws {
        var generator = SplitMix64(seed: 3)
        let values = (0..<500).map { 1e6 + Double($0 % 17) + Double.random(in: -2...2, using: &generator) }
        let outcome = try SeriesRun(WindowZScore()).feed(values)
        for row in 19..<values.count {
            let before = values[(row - 19)..<row]
            let mean = before.reduce(0, +) / 19
            let deviation = (before.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19).squareRoot()
            let z = abs(values[row] - mean) / deviation
            #expect(abs(Double(outcome.scores[row]) - min(z / 3, 1)) < 1e-6, "row \(row)")
            #expect(outcome.anomalies.contains { $0.row == row } == (z > 2.4), "row \(row)")
        }
        #expect(outcome.scores.prefix(19).allSatisfy { $0 == 0 })
    }

    @Test func `a flat window divides by the floor`() throws {
        let outcome = try SeriesRun(WindowZScore()).feed(Array(repeating: 5, count: 19) + [5.2, 5.3])
        let anomaly = try #require(outcome.anomalies.first)
        #expect(outcome.anomalies.map(\.row) == [20])
        #expect(anomaly.score > 2.4)
        #expect(anomaly.why.contains("from the mean 5.011 of the 19 readings before it"))
    }

    @Test func `a step change is usual when the window has seen half of it`() throws {
        let values = (0..<40).map { 20 + Double($0 % 2) } + (0..<40).map { 60 + Double($0 % 2) }
        let rows = try SeriesRun(WindowZScore()).feed(values).anomalies.map { Int($0.row) }
        #expect(rows.first == 40)
        #expect(rows.allSatisfy { (40..<45).contains($0) })
    }

    @Test func `a state goes on, also in a shorter window`() throws {
        let values = (0..<100).map { Double(($0 * 7) % 13) }
        let first = WindowZScore()
        try SeriesRun(first).feed(values)
        let second = WindowZScore()
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        #expect(try SeriesRun(second).feed([40]).anomalies == SeriesRun(first).feed([40]).anomalies)
        var short = WindowZScore.Configuration()
        short.window = 5
        let third = WindowZScore(short)
        third.reserveSlots(1)
        try third.importState(first.exportState(slot: 0), slot: 0)
        try SeriesRun(third).feed(Array(repeating: 3, count: 5))
        #expect(try SeriesRun(third).feed([3, 9]).anomalies.map(\.row) == [1])
    }

    @Test func `the longest window fits`() throws {
        var configuration = WindowZScore.Configuration()
        configuration.window = 63
        let detector = WindowZScore(configuration)
        try SeriesRun(detector).feed((0..<200).map(Double.init))
        let again = WindowZScore(configuration)
        again.reserveSlots(1)
        try again.importState(detector.exportState(slot: 0), slot: 0)
        #expect(try SeriesRun(again).feed([200]).scores == SeriesRun(detector).feed([200]).scores)
        #expect(throws: PluginError.self) { try again.importState([1, 64] + Array(repeating: 0, count: 512), slot: 0) }
        #expect(throws: PluginError.self) { try again.importState([1, 2, 0], slot: 0) }
    }
}
