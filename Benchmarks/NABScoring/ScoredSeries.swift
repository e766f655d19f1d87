/// A series with a detector's score for each of its rows.
struct ScoredSeries: Sendable {
    let series: LabelledSeries
    let scores: [Double]

    init(_ series: LabelledSeries, scores: [Double]?) throws(CorpusError) {
        guard let scores else { throw .missingScores(series: series.path) }
        guard scores.count == series.values.count else {
            throw .rowCount(series: series.path, scores: scores.count, readings: series.values.count)
        }
        if let row = scores.firstIndex(where: { !(0...1).contains($0) }) {
            throw .scoreOutOfRange(scores[row], row: row, series: series.path)
        }
        self.series = series
        self.scores = scores
    }

    /// The rows that count.
    var rows: Range<Int> { series.probation..<scores.count }

    /// The rows of each window that count. A window that ends in the probation is left out: nobody could find it.
    var windows: [Range<Int>] {
        series.windows.map { Range($0).clamped(to: rows) }.filter { !$0.isEmpty }
    }

    /// For each of ``rows``, how the raw score changes when the threshold falls to that row's score.
    ///
    /// A window earns its best row above the threshold, so a row in it adds only what it is better by than all rows
    /// with higher scores. The sum over all rows above a threshold is then the raw score, but for a constant.
    func gains(_ profile: Profile) -> [Gain] {
        let worth = RowWorth(series)
        var gains = rows.map { Gain(score: scores[$0], raw: profile.falseAlarm * worth.worth[$0]) }
        for window in windows {
            var best = -profile.missed
            for row in window.sorted(by: { (scores[$1], $0) < (scores[$0], $1) }) {
                let better = max(best, profile.found * worth.worth[row])
                gains[row - rows.lowerBound].raw = better - best
                best = better
            }
        }
        return gains
    }

    struct Gain {
        var score: Double
        var raw: Double
    }
}
