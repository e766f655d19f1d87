internal import Detectors
internal import Plugins
internal import Settings

extension DetectorSettings.Configuration {
    /// With `model`, one forest for all series; otherwise one that each series grows for itself.
    static func forest(from reader: SettingsReader) -> Self {
        let path = reader.string(
            "model", "A model file of export_isolation_forest.py, for all series; without, each learns its own.")
        guard let path else { return .isolationForest(IsolationForestDetector.Configuration(from: reader)) }
        do throws(PluginError) {
            let model = try IsolationForest(modelFile: path)
            _ = try IsolationForestDetector(model: model)
            return .isolationForestModel(model)
        } catch {
            reader.reject("model", error.what)
            return .unusable
        }
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
