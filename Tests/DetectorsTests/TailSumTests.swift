import Foundation
import Model
import Plugins
import Testing

@testable import Detectors

struct TailSumTests {
    @Test func `it agrees with its definition, written in Python, on every reading`() throws {
        let rows = try Self.expected()
        #expect(rows.count == 2_400)
        #expect(rows.count { $0.isAlert } == 8)
        var state = TailSumState()
        for (index, row) in rows.enumerated() {
            let verdict = state.take(row.value, second: row.second, TailSum.Configuration())
            #expect(abs(verdict.score - row.score) <= 1e-9 * max(1, row.score), "row \(index)")
            #expect(verdict.isAlert == row.isAlert, "row \(index)")
        }
    }

    @Test func `a series is muted while it warms up, and says so`() throws {
        let detector = TailSum()
        let outcome = try feed(detector, try Self.expected())
        let rows = try Self.expected()
        let alerts = rows.indices.filter { rows[$0].isAlert && $0 >= 300 }
        #expect(outcome.anomalies.map { Int($0.row) } == alerts)
        #expect(outcome.scores.prefix(300).allSatisfy { $0 == 0 })
        #expect(detector.phase(slot: 0) == .active)
        detector.reset(slot: 0)
        #expect(detector.phase(slot: 0) == .warming(readingsToGo: 300))
    }

    @Test func `an alert says what was expected and what was unusual`() throws {
        let outcome = try feed(TailSum(), try Self.expected())
        let anomaly = try #require(outcome.anomalies.first { $0.row == 700 })
        #expect(anomaly.detector == "tailsum")
        #expect(anomaly.threshold == 1.44)
        #expect(anomaly.score > 1.44)
        #expect(anomaly.expectedLow < 1_000_020 && anomaly.expectedHigh > 1_000_018)
        #expect(anomaly.expectedHigh < 1_000_040)
        #expect(anomaly.why.contains("of 700 readings"))
        #expect(anomaly.why.contains("range so far 6"))
        #expect(anomaly.why.hasSuffix("threshold 1.44)"))
    }

    @Test func `a step change alarms at once, perhaps once more, and is learnt`() throws {
        var generator = SplitMix64(seed: 5)
        let noisy = (0..<4_000).map { ($0 < 2_000 ? 20 : 29) + Double.random(in: -0.5...0.5, using: &generator) }
        let rows = noisy.enumerated().map { Row(second: Int64($0) * 60, value: $1, score: 0, isAlert: false) }
        let alerts = try feed(TailSum(), rows).anomalies.map(\.row).filter { $0 >= 2_000 }
        #expect(alerts.first == 2_000)
        #expect(alerts.count <= 2 && alerts.allSatisfy { $0 <= 2_200 }, "\(alerts)")
    }

    @Test func `a state that was exported goes on as if nothing had happened`() throws {
        let rows = try Self.expected()
        let whole = TailSum()
        try feed(whole, rows)
        let first = TailSum()
        try feed(first, Array(rows.prefix(1_111)))
        let second = TailSum()
        second.reserveSlots(1)
        try second.importState(first.exportState(slot: 0), slot: 0)
        try feed(second, Array(rows.dropFirst(1_111)))
        #expect(second.exportState(slot: 0) == whole.exportState(slot: 0))
    }

    @Test func `bytes that are not a state are refused, whatever they are`() throws {
        let detector = TailSum()
        let rows = try Self.expected()
        try feed(detector, Array(rows.prefix(500)))
        let good = detector.exportState(slot: 0)
        for length in good.indices where length % 7 == 0 || length > good.count - 9 {
            #expect(throws: PluginError.self) { try detector.importState(Array(good.prefix(length)), slot: 0) }
        }
        var generator = SplitMix64(seed: 9)
        for _ in 0..<2_000 {
            var bytes = good
            bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            // Some flips are other numbers that are as possible; none may trap, now or at the next reading.
            if (try? detector.importState(bytes, slot: 0)) != nil { try feed(detector, [rows[0]]) }
        }
    }

    @Test func `the memory of a series is below two kilobytes`() {
        #expect(TailSum.stateSize < 2_000)
    }

    @Test func `times before 1970 and at the end of time have a bin`() {
        #expect(SeasonalMean<96>.bin(of: -1, period: 86_400) == 95)
        #expect(SeasonalMean<96>.bin(of: 0, period: 86_400) == 0)
        #expect(SeasonalMean<96>.bin(of: 899, period: 86_400) == 0)
        #expect(SeasonalMean<96>.bin(of: 900, period: 86_400) == 1)
        #expect((0..<168).contains(SeasonalMean<168>.bin(of: .max / 1_000_000, period: 604_800)))
        #expect((0..<168).contains(SeasonalMean<168>.bin(of: .min / 1_000_000, period: 604_800)))
    }

    @Test func `what was learnt already is scored and changes nothing`() throws {
        let detector = TailSum()
        try feed(detector, try Self.expected())
        let before = detector.exportState(slot: 0)
        try feed(detector, Array(try Self.expected().suffix(50)), learning: .scoreOnly)
        try feed(detector, Array(try Self.expected().suffix(50)), learning: .ignore)
        #expect(detector.exportState(slot: 0) == before)
    }

    struct Row {
        var second: Int64
        var value: Double
        var score: Double
        var isAlert: Bool
    }

    @discardableResult
    private func feed(
        _ detector: TailSum, _ rows: [Row], learning: DetectorInput.Learning = .learn
    ) throws -> DetectorFindings {
        try SeriesRun.feed(detector, rows.map { ($0.second, $0.value) }, learning: learning)
    }

    static func expected(thisFile: String = #filePath) throws -> [Row] {
        let file = URL(filePath: thisFile).deletingLastPathComponent().appending(path: "Fixtures/tailsum/expected.csv")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
            let parts = line.split(separator: ",")
            return Row(
                second: try #require(Int64(parts[0])), value: try #require(Double(parts[1])),
                score: try #require(Double(parts[2])), isAlert: parts[3] == "1")
        }
    }
}

/// Values that no sensor has and JSON allows.
struct HugeValueTests {
    private static let huge = [1e40, -1e308, 1e308, 1e39, -.greatestFiniteMagnitude, .leastNonzeroMagnitude]

    static let detectors: [@Sendable () -> any Detector] = [
        { TailSum() }, { RunningZScore() }, { WindowZScore() }, { FlatLine() }, { StreamStatistics() },
        { RateOfChange(RateOfChange.Configuration(limit: 6)) }, { IsolationForestDetector() },
    ]

    @Test(arguments: 0..<detectors.count)
    func `a few of them leave a state that can be saved, and a detector that works`(index: Int) throws {
        let detector = Self.detectors[index]()
        let run = SeriesRun(detector)
        for round in 0..<3 {
            try run.feed((0..<20).map { 20 + Double($0 % 5) })
            try run.feed(Self.huge)
            try run.feed([.nan, .infinity, -.infinity])
            try detector.importState(detector.exportState(slot: 0), slot: 0)
            if let summary = detector.summary(slot: 0) {
                #expect(summary.mean.isFinite && summary.standardDeviation.isFinite, "round \(round)")
            }
        }
    }
}
