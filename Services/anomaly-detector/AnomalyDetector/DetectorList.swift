internal import Detectors
internal import Plugins
internal import Settings

/// The detectors that are compiled in. The one place that names them.
public enum DetectorKind: String, CaseIterable, Sendable {
    case runningZScore = "running-zscore"
}

/// One entry of `anomaly_detector.detectors`.
public struct DetectorSettings: Sendable {
    /// As anomalies and alerts show it.
    public let name: String
    let kind: DetectorKind
    let runningZScore: RunningZScore.Configuration

    init(from reader: SettingsReader) {
        kind = reader.choice("type", default: .runningZScore, "Which detector this is.")
        name = reader.string(
            "name", default: kind.rawValue,
            "What anomalies and alerts call it; its saved state goes by this name, too.")
        var configuration = RunningZScore.Configuration()
        configuration.threshold = reader.double(
            "threshold", default: 3, in: 0.1...1_000, "A z above this is an anomaly.")
        configuration.deviationFloor = reader.double(
            "deviation_floor", default: 0.1, in: 1e-12...1e12,
            "The smallest standard deviation that z divides by, in the unit of the readings.")
        configuration.warmUp = reader.int(
            "warm_up", default: 30, in: 1...1_000_000, "Readings of a series before the first that can be an anomaly.")
        configuration.learnAfter = reader.int(
            "learn_after", default: 30, in: 1...1_000_000, "Anomalies in a row that are taken for the new level.")
        runningZScore = configuration
    }

    private init() {
        kind = .runningZScore
        name = kind.rawValue
        runningZScore = RunningZScore.Configuration()
    }

    /// When the file names none.
    static let standard = [DetectorSettings()]

    func makeDetector() -> any Detector {
        switch kind {
        case .runningZScore: RunningZScore(name: name, runningZScore)
        }
    }
}
