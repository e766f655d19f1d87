internal import Detectors
internal import Plugins
internal import Settings

extension DetectorSettings.Configuration {
    /// With `model`, one forest for all; otherwise one that each series, or each device, grows for itself.
    static func forest(from reader: SettingsReader) -> Self {
        let scope = reader.choice(
            "scope", default: ForestScope.series, "A forest of each series, or of all sensors of a device together.")
        let path = reader.string(
            "model", "A model file of export_isolation_forest.py, for all; without, each learns its own.")
        switch scope {
        case .series: return seriesForest(path, reader)
        case .device: return deviceForest(path, reader)
        }
    }

    private static func seriesForest(_ path: String?, _ reader: SettingsReader) -> Self {
        for key in ["moment", "stale_after"] where reader.contains(key) {
            reader.reject(key, "is of a forest over a device's sensors", suggestion: "set `scope: device`")
        }
        guard let path else { return .isolationForest(IsolationForestDetector.Configuration(from: reader)) }
        let model = model(path, reader) { model throws(PluginError) in
            _ = try IsolationForestDetector(model: model)
        }
        return model.map(Self.isolationForestModel) ?? .unusable
    }

    private static func deviceForest(_ path: String?, _ reader: SettingsReader) -> Self {
        var settings = DeviceForestDetector.Configuration(timesFrom: reader)
        guard let path else {
            settings.forest = IsolationForestDetector.Configuration(from: reader)
            return .deviceForest(settings, model: nil)
        }
        let model = model(path, reader) { model throws(PluginError) in
            _ = try DeviceForestDetector(model: model)
        }
        return model.map { .deviceForest(settings, model: $0) } ?? .unusable
    }

    /// Nil, and a problem, for a file that cannot be used.
    private static func model(
        _ path: String, _ reader: SettingsReader, _ check: (IsolationForest) throws(PluginError) -> Void
    ) -> IsolationForest? {
        do throws(PluginError) {
            let model = try IsolationForest(modelFile: path)
            try check(model)
            return model
        } catch {
            reader.reject("model", error.what)
            return nil
        }
    }
}

private enum ForestScope: String, CaseIterable {
    case series
    case device
}

extension DeviceForestDetector.Configuration {
    fileprivate init(timesFrom reader: SettingsReader) {
        self.init()
        let times = Duration.zero ... .seconds(366 * 86_400)
        moment = reader.duration(
            "moment", default: moment, in: times,
            "Readings of a device's sensors that were measured within so long a time are judged together.")
        staleAfter = reader.duration(
            "stale_after", default: staleAfter, in: times,
            "A sensor that was silent for so long is not known any more, and counts as what goes with the others.")
    }
}

extension IsolationForestDetector.Configuration {
    init(from reader: SettingsReader) {
        self.init()
        growth.trees = reader.int("trees", default: growth.trees, in: 1...1_000, "Trees of a forest.")
        growth.samples = reader.int(
            "samples", default: growth.samples, in: 2...8_192, "Readings that each tree is grown on.")
        growth.seed = UInt64(
            reader.int(
                "seed", default: Int(growth.seed), in: 0...Int.max,
                "Of the random splits; the same seed and readings give the same forest."))
        window = reader.int(
            "window", default: window, in: 2...65_536,
            "Readings of a series that its forest is grown on; none before them can be an anomaly.")
        contamination = .share(
            reader.double(
                "contamination", default: 0.01, in: 0...0.5, "The part of the learnt readings that count as anomalies.")
        )
        spacing = reader.duration(
            "spacing", default: spacing, in: .zero ... .seconds(86_400),
            "Learns at most one reading in so long a time, in whole minutes; 0s learns each.")
        learnAfter = reader.int(
            "learn_after", default: learnAfter, in: 1...1_000_000,
            "Anomalies in a row after which the series is learnt anew.")
        retrainAfter = reader.int(
            "retrain_after", default: retrainAfter, in: 0...1_000_000_000,
            "Readings after which a new window is collected; 0 keeps the forest for good.")
        growthsPerBatch = reader.int(
            "growths_per_batch", default: growthsPerBatch, in: 1...10_000,
            "Forests that are grown within one batch, some milliseconds each.")
    }
}
