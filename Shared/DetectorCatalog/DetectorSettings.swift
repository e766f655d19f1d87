public import Alerting
public import Detectors
public import Plugins
public import Settings

/// The detectors that are compiled in. The one place that names them.
public enum DetectorKind: String, CaseIterable, Sendable {
    case tailSum = "tailsum"
    case runningZScore = "running-zscore"
    case windowZScore = "window-zscore"
    case threshold
    case rateOfChange = "rate-of-change"
    case flatLine = "flat-line"
    case missing
    case isolationForest = "isolation-forest"
}

extension DetectorKind {
    /// What its anomalies are, and so how long an alert on them lasts.
    var finds: AnomalyKind {
        switch self {
        case .tailSum, .runningZScore, .windowZScore, .rateOfChange, .isolationForest: .event
        case .threshold, .flatLine: .condition
        case .missing: .absence
        }
    }
}

/// One entry of `anomaly_detector.detectors`.
public struct DetectorSettings: Sendable {
    /// What each kind is told.
    public enum Configuration: Sendable {
        case tailSum(TailSum.Configuration)
        case runningZScore(RunningZScore.Configuration)
        case windowZScore(WindowZScore.Configuration)
        case threshold(LevelThreshold.Configuration)
        case rateOfChange(RateOfChange.Configuration)
        case flatLine(FlatLine.Configuration)
        case missing(MissingReadings.Configuration)
        case isolationForest(IsolationForestDetector.Configuration)
        /// One for all series, from a file.
        case isolationForestModel(IsolationForest)
        /// Of devices as a whole; with one for all devices from a file, or one that each learns.
        case deviceForest(DeviceForestDetector.Configuration, model: IsolationForest?)
        /// Problems were reported.
        case unusable
    }

    /// As anomalies and alerts show it; its saved state goes by this name, too.
    public let name: String
    public let scope: SeriesScope
    public let configuration: Configuration
    /// What its anomalies come to.
    public let policy: AlertPolicy

    public init(from reader: SettingsReader) {
        let kind = reader.choice("type", default: DetectorKind.tailSum, "Which detector this is.")
        name = reader.string(
            "name", default: kind.rawValue,
            "What anomalies and alerts call it; its saved state goes by this name, too.")
        if name.isEmpty { reader.reject("name", "must not be empty") }
        // They are entries of a saved state beside the detectors'.
        if name.hasPrefix("$") { reader.reject("name", "must not begin with $") }
        scope = SeriesScope(from: reader)
        if kind != .isolationForest, reader.contains("scope") {
            reader.reject(
                "scope", "a \(kind.rawValue) judges each series by itself; only isolation-forest can judge devices",
                suggestion: "`sensors` and `devices` say which series it is for")
        }
        configuration = Configuration(kind, from: reader)
        policy = AlertPolicy(kind.finds, from: reader.section("alert"))
    }

    public init(
        _ name: String, _ configuration: Configuration, for scope: SeriesScope = .everything,
        policy: AlertPolicy = .event
    ) {
        self.name = name
        self.policy = policy
        self.scope = scope
        self.configuration = configuration
    }

    /// Whether it looks at the clock, and not at readings.
    public var watchesSilences: Bool {
        if case .missing = configuration { return true }
        return false
    }

    /// Whether it judges devices as a whole, and not series.
    public var judgesDevices: Bool {
        if case .deviceForest = configuration { return true }
        return false
    }

    /// When the file names none.
    public static let standard = [
        DetectorSettings(DetectorKind.tailSum.rawValue, .tailSum(TailSum.Configuration())),
        DetectorSettings(
            DetectorKind.missing.rawValue, .missing(MissingReadings.Configuration()), policy: .absence),
    ]

    /// All of `anomaly_detector.detectors`, or the standard one.
    public static func list(_ key: String, from reader: SettingsReader) -> [DetectorSettings] {
        guard reader.contains(key) else { return standard }
        let list = reader.items(key).map(DetectorSettings.init(from:))
        // The saved states go by name.
        if Set(list.map(\.name)).count < list.count {
            reader.reject(key, "two detectors have the same name", suggestion: "give each a `name`")
        }
        if list.contains(where: { $0.name == StreamStatistics.name }) {
            reader.reject(
                key, "the name '\(StreamStatistics.name)' is taken", suggestion: "call the detector otherwise")
        }
        // One bit of a series is for its statistics.
        if list.count >= DetectorChain.limit {
            reader.reject(key, "\(list.count) detectors; \(DetectorChain.limit - 1) are the most")
        }
        return list
    }

    /// - Throws: ``PluginError`` for a model that the detector cannot use.
    public func makeDetector() throws -> any Detector {
        switch configuration {
        case .tailSum(let settings): TailSum(name: name, settings)
        case .runningZScore(let settings): RunningZScore(name: name, settings)
        case .windowZScore(let settings): WindowZScore(name: name, settings)
        case .threshold(let settings): LevelThreshold(name: name, settings)
        case .rateOfChange(let settings): RateOfChange(name: name, settings)
        case .flatLine(let settings): FlatLine(name: name, settings)
        case .missing(let settings): MissingReadings(name: name, settings)
        case .isolationForest(let settings): IsolationForestDetector(name: name, settings)
        case .isolationForestModel(let model): try IsolationForestDetector(name: name, model: model)
        case .deviceForest(let settings, nil): DeviceForestDetector(name: name, settings)
        case .deviceForest(let settings, let model?):
            try DeviceForestDetector(name: name, model: model, settings)
        case .unusable: throw PluginError(plugin: name, what: "its settings were refused", isRetriable: false)
        }
    }
}
