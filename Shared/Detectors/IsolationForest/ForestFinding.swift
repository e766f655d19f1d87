internal import Model

/// An odd reading, for people.
struct ForestFinding {
    var value: Double
    var change: Double
    /// The time of day when it was measured, UTC.
    var clock: String
    /// Of the forest, below zero.
    var score: Double
    /// Whether anomalies are now so many that the series is learnt anew.
    var endsForest: Bool

    /// Score and threshold are the paper's, above zero: the higher, the odder.
    func anomaly(row: Int, detector: String, _ forest: SeriesForest) -> Anomaly {
        Anomaly(
            row: UInt32(row), detector: detector, score: -score, threshold: -forest.offset,
            expectedLow: forest.expected.lowerBound, expectedHigh: forest.expected.upperBound, why: why(forest))
    }

    private func why(_ forest: SeriesForest) -> String {
        var why = """
            \(value.shortened) at \(clock) UTC (change \(change.shortened)) is isolated after \
            \(forest.forest.comparison(of: score, learnt: "readings"))
            """
        if endsForest { why += "; after so many anomalies the series is learnt anew" }
        return why
    }
}

extension CalibratedForest {
    /// How odd a score is.
    ///
    /// - Parameter rows: what the forest was grown on, as people call it.
    func comparison(of score: Double, learnt rows: String) -> String {
        let splits = forest.splits(ofScore: score).shortened
        let (score, threshold) = ((-score).shortened, (-offset).shortened)
        return "\(splits) splits on average; \(usual(rows)) (score \(score), threshold \(threshold))"
    }

    private func usual(_ rows: String) -> String {
        guard let learnt else {
            return "the model expects \(averagePathLength(of: forest.samplesPerTree).shortened)"
        }
        return "half of \(learnt) learnt \(rows) need more than \(forest.splits(ofScore: ordinary).shortened)"
    }
}
