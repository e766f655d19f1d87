import Model

/// The earliest of many, so many and no more: a detector that is set wrongly raises one at each reading.
struct Earliest<Entry> {
    typealias Place = (Timestamp, String, String, String)

    let limit: Int
    private let place: (Entry) -> Place
    private var kept: [Entry] = []

    init(limit: Int, by place: @escaping (Entry) -> Place) {
        self.limit = limit
        self.place = place
    }

    mutating func append(_ entry: Entry) {
        kept.append(entry)
        // Seldom, so that one costs the same however many there were.
        if kept.count >= 2 * limit + 1_000 { kept = sorted }
    }

    /// In the order of their time.
    var sorted: [Entry] {
        Array(kept.sorted { place($0) < place($1) }.prefix(limit))
    }
}

extension Earliest<Alert> {
    /// Anomalies with their readings.
    init(limit: Int) {
        self.init(limit: limit) { ($0.timestamp, $0.device, $0.sensor, $0.id) }
    }
}

extension Earliest<RaisedAlert> {
    init(limit: Int) {
        self.init(limit: limit) { ($0.firedAt ?? $0.openedAt, $0.series.device, $0.series.sensor, $0.id) }
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
