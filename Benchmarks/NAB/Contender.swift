import Detectors
import Model
import Plugins

/// A detector that is measured.
struct Contender: Sendable {
    /// Of its result files and of its row in the table.
    var name: String
    /// What the detector keeps of one series.
    var bytesPerSeries: @Sendable () -> Int
    var make: @Sendable () -> any Detector
    /// The NAB score of a row with this anomaly, 0…1, higher for what is more anomalous; a row without one has 0.
    var severity: @Sendable (Anomaly) -> Double

    /// Every detector of Sluice's that needs no limits of somebody's: add new ones here. Each with the product's defaults.
    static let all = [
        tailSum(TailSum.Configuration()),
        Contender(
            name: "running-zscore", bytesPerSeries: { RunningZScore.stateSize }, make: { RunningZScore() },
            severity: relative),
        Contender(
            name: "window-zscore", bytesPerSeries: { WindowZScore.stateSize }, make: { WindowZScore() },
            severity: relative),
        Contender(
            name: "flat-line", bytesPerSeries: { FlatLine.stateSize }, make: { FlatLine() }, severity: relative),
        // A forest of 100 trees and the window that it is grown on, about.
        Contender(
            name: "isolation-forest", bytesPerSeries: { 135_000 }, make: { IsolationForestDetector() },
            severity: relative),
    ]

    static func tailSum(_ configuration: TailSum.Configuration) -> Contender {
        Contender(
            name: "tailsum", bytesPerSeries: { TailSum.stateSize }, make: { TailSum(name: "tailsum", configuration) },
            severity: { $0.score / ($0.score + 5) })
    }

    /// Half at the threshold.
    private static let relative: @Sendable (Anomaly) -> Double = { $0.score / ($0.score + $0.threshold) }
}
