import Model

/// The earliest alerts, so many and no more: a detector that is set wrongly raises one at each reading.
struct EarliestAlerts {
    let limit: Int
    private var kept: [Alert] = []

    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ alert: Alert) {
        kept.append(alert)
        // Seldom, so that one alert costs the same however many there were.
        if kept.count >= 2 * limit + 1_000 { kept = sorted }
    }

    /// In the order of their time.
    var sorted: [Alert] {
        Array(kept.sorted { Self.order($0) < Self.order($1) }.prefix(limit))
    }

    private static func order(_ alert: Alert) -> (Timestamp, String, String, String) {
        (alert.timestamp, alert.device, alert.sensor, alert.id)
    }
}

/// The plots of the series with the most alerts, so many and no more.
struct BusiestPlots {
    let limit: Int
    private(set) var sorted: [SeriesPlot] = []

    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ plot: SeriesPlot) {
        let place = sorted.firstIndex { $0.alerts < plot.alerts } ?? sorted.endIndex
        sorted.insert(plot, at: place)
        if sorted.count > limit { sorted.removeLast() }
    }
}
