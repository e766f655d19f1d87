/// An alert every so many rows, whatever the data: what a detector has to beat.
///
/// NAB gives it about 23 of 100: windows are long, and an alert in one pays more than a few outside cost.
public enum ClockBaseline {
    /// 1 on the first row after the probation and on every `interval`-th from there, 0 elsewhere.
    ///
    /// - Precondition: the interval is above 0.
    public static func scores(_ corpus: Corpus, every interval: Int = 600) -> [String: [Double]] {
        precondition(interval > 0, "an alert every \(interval) rows is not possible")
        return Dictionary(uniqueKeysWithValues: corpus.series.map { ($0.path, scores($0, every: interval)) })
    }

    private static func scores(_ series: LabelledSeries, every interval: Int) -> [Double] {
        var scores = [Double](repeating: 0, count: series.values.count)
        for row in stride(from: series.probation, to: scores.count, by: interval) { scores[row] = 1 }
        return scores
    }
}
