/// What the alerts at one threshold are, without weights.
public struct AlertCounts: Hashable, Sendable {
    /// Windows with an alert on at least one row.
    public var windowsFound = 0
    public var windows = 0
    /// Rows, not runs of rows, with an alert outside every window.
    public var falseAlarms = 0
    /// Rows after the probation: all that can be an alert.
    public var readings = 0

    /// 0 for an empty corpus.
    public var falseAlarmsPerThousandReadings: Double {
        readings > 0 ? 1_000 * Double(falseAlarms) / Double(readings) : 0
    }

    init(_ series: [ScoredSeries], threshold: Double) {
        for scored in series { add(scored, threshold: threshold) }
    }

    private mutating func add(_ scored: ScoredSeries, threshold: Double) {
        let alerts = { (rows: Range<Int>) in scored.scores[rows].count { $0 >= threshold } }
        let perWindow = scored.windows.map(alerts)
        windows += perWindow.count
        windowsFound += perWindow.count { $0 > 0 }
        falseAlarms += alerts(scored.rows) - perWindow.reduce(0, +)
        readings += scored.rows.count
    }
}
