internal import Detectors
internal import Settings

// Each kind reads its own keys; all others are unknown.
extension DetectorSettings.Configuration {
    init(_ kind: DetectorKind, from reader: SettingsReader) {
        switch kind {
        case .tailSum: self = .tailSum(TailSum.Configuration(from: reader))
        case .runningZScore: self = .runningZScore(RunningZScore.Configuration(from: reader))
        case .windowZScore: self = .windowZScore(WindowZScore.Configuration(from: reader))
        case .threshold: self = LevelThreshold.Configuration(from: reader).map(Self.threshold) ?? .unusable
        case .rateOfChange: self = RateOfChange.Configuration(from: reader).map(Self.rateOfChange) ?? .unusable
        case .flatLine: self = .flatLine(FlatLine.Configuration(from: reader))
        case .missing: self = .missing(MissingReadings.Configuration(from: reader))
        case .isolationForest: self = .forest(from: reader)
        }
    }
}

extension TailSum.Configuration {
    init(from reader: SettingsReader) {
        self.init()
        threshold = reader.double(
            "threshold", default: threshold, in: 0.01...1_000, "An alert needs a score of this much.")
        warmUp = reader.int(
            "warm_up", default: warmUp, in: 31...1_000_000, "Readings of a series before the first that can alarm.")
    }
}

extension RunningZScore.Configuration {
    init(from reader: SettingsReader) {
        self.init()
        threshold = reader.double("threshold", default: threshold, in: 0.1...1_000, "A z above this is an anomaly.")
        deviationFloor = reader.double(
            "deviation_floor", default: deviationFloor, in: 1e-12...1e12,
            "The smallest standard deviation that z divides by, in the unit of the readings.")
        warmUp = reader.int(
            "warm_up", default: warmUp, in: 1...1_000_000,
            "Readings of a series before the first that can be an anomaly.")
        learnAfter = reader.int(
            "learn_after", default: learnAfter, in: 1...1_000_000,
            "Anomalies in a row that are taken for the new level.")
    }
}

extension WindowZScore.Configuration {
    init(from reader: SettingsReader) {
        self.init()
        window = reader.int("window", default: window, in: 2...63, "Readings that one is compared with.")
        threshold = reader.double("threshold", default: threshold, in: 0.1...1_000, "A z above this is an anomaly.")
        full = reader.double("full_score", default: full, in: 0.1...1_000, "A z of this much scores 1.")
        deviationFloor = reader.double(
            "deviation_floor", default: deviationFloor, in: 1e-12...1e12,
            "The smallest standard deviation that z divides by, in the unit of the readings.")
    }
}

extension LevelThreshold.Configuration {
    /// Nil, and a problem, when there is no limit or a clear level is outside it.
    init?(from reader: SettingsReader) {
        self.init()
        above = reader.double("above", "Anomalous above this.")
        clearAbove = reader.double("clear_above", "Over when not above this; the limit itself when not given.")
        below = reader.double("below", "Anomalous below this.")
        clearBelow = reader.double("clear_below", "Over when not below this; the limit itself when not given.")
        guard above != nil || below != nil else {
            reader.reject("type", "a threshold needs a limit", suggestion: "give `above`, `below` or both")
            return nil
        }
        guard below ?? -.infinity < above ?? .infinity else {
            reader.reject("below", "must be below the limit `above`")
            return nil
        }
        if let clearAbove, above.map({ clearAbove > $0 }) ?? true || clearAbove < below ?? -.infinity {
            reader.reject("clear_above", "must lie between the limits `below` and `above`")
            return nil
        }
        if let clearBelow, below.map({ clearBelow < $0 }) ?? true || clearBelow > above ?? .infinity {
            reader.reject("clear_below", "must lie between the limits `below` and `above`")
            return nil
        }
    }
}

extension RateOfChange.Configuration {
    /// Nil, and a problem, without a limit.
    init?(from reader: SettingsReader) {
        guard
            let limit = reader.double(
                "limit", in: 1e-300...1e300, "An anomaly moves by more than this, up or down, in `per`.")
        else {
            reader.reject("type", "a rate of change needs a `limit`")
            return nil
        }
        self.init(limit: limit)
        interval = reader.duration(
            "per", default: interval, in: .milliseconds(1) ... .seconds(86_400), "The time that `limit` is for.")
        longestGap = reader.duration(
            "longest_gap", default: longestGap, in: .milliseconds(1) ... .seconds(366 * 86_400),
            "Readings further apart are not compared.")
    }
}

extension FlatLine.Configuration {
    init(from reader: SettingsReader) {
        self.init()
        tolerance = reader.double(
            "tolerance", default: tolerance, in: 0...1e12, "Readings that differ by no more count as equal.")
        readings = reader.int(
            "readings", default: readings, in: 2...1_000_000, "A run is not too long before it has so many readings,")
        duration = reader.duration(
            "for", default: duration, in: .zero ... .seconds(366 * 86_400), "has lasted so long,")
        factor = reader.double(
            "factor", default: factor, in: 1...1_000, "and is so many times as long as the longest usual one.")
        warmUp = reader.int(
            "warm_up", default: warmUp, in: 1...1_000_000, "Times that a series must have changed before.")
    }
}

extension MissingReadings.Configuration {
    init(from reader: SettingsReader) {
        self.init()
        factor = reader.double(
            "factor", default: factor, in: 1...1_000,
            "Missing is what is silent for so many times its longest usual silence,")
        minimum = reader.duration(
            "minimum", default: minimum, in: .seconds(1) ... .seconds(30 * 86_400), "and for so long.")
        warmUp = reader.int(
            "warm_up", default: warmUp, in: 1...1_000_000, "Silences between readings that must have been heard before."
        )
        forgetAfter = reader.duration(
            "forget_after", default: forgetAfter, in: .seconds(60) ... .seconds(3_660 * 86_400),
            "What was silent for so long is no longer waited for.")
    }
}
