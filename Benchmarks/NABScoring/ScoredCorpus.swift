/// A detector's scores for a corpus, judged by the rule of the Numenta Anomaly Benchmark v1.1.
public struct ScoredCorpus: Sendable {
    let series: [ScoredSeries]
    /// Windows that reach beyond the probation of their series.
    public let windows: Int

    /// - Parameter scores: for each series' path, a score from 0 to 1 for each row; the higher, the more anomalous.
    ///   Scores of other series are ignored.
    /// - Throws: ``CorpusError/missingScores(series:)``, ``CorpusError/rowCount(series:scores:readings:)``,
    ///   ``CorpusError/scoreOutOfRange(_:row:series:)``.
    public init(_ corpus: Corpus, scores: [String: [Double]]) throws(CorpusError) {
        var all: [ScoredSeries] = []
        for series in corpus.series {
            all.append(try ScoredSeries(series, scores: scores[series.path]))
        }
        series = all
        windows = all.reduce(0) { $0 + $1.windows.count }
    }

    /// NAB's score: that of the one threshold for all series that is best, found exactly.
    public func best(_ profile: Profile) -> ProfileScore {
        ProfileScore(profile, Sweep(series, profile, windows: windows).best, windows: windows)
    }

    /// The score when rows with `threshold` or more are alerts.
    public func score(_ profile: Profile, threshold: Double) -> ProfileScore {
        let point = Sweep(series, profile, windows: windows).point(atThreshold: threshold)
        return ProfileScore(profile, point, windows: windows)
    }

    /// Windows found and false alarms when rows with `threshold` or more are alerts.
    public func counts(threshold: Double) -> AlertCounts {
        AlertCounts(series, threshold: threshold)
    }
}
