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
        let splits = forest.forest.splits(ofScore: score).shortened
        let (score, threshold) = ((-score).shortened, (-forest.offset).shortened)
        var why = """
            \(value.shortened) at \(clock) UTC (change \(change.shortened)) is isolated after \(splits) splits on \
            average; \(comparison(forest)) (score \(score), threshold \(threshold))
            """
        if endsForest { why += "; after so many anomalies the series is learnt anew" }
        return why
    }

    private func comparison(_ forest: SeriesForest) -> String {
        guard let readings = forest.readings else {
            return "the model expects \(averagePathLength(of: forest.forest.samplesPerTree).shortened)"
        }
        let usual = forest.forest.splits(ofScore: forest.ordinary).shortened
        return "half of \(readings) learnt readings need more than \(usual)"
    }
}
