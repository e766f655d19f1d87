/// The raw score of a profile at every threshold that makes a difference, from "no alert" down.
struct Sweep {
    struct Point {
        /// Rows with this score or a higher one are alerts.
        var threshold: Double
        var raw: Double
    }

    let points: [Point]

    /// Above every score. The value is NAB's own.
    static let noAlert = 1.1

    init(_ series: [ScoredSeries], _ profile: Profile, windows: Int) {
        self.init(series.flatMap { $0.gains(profile) }, profile, windows: windows)
    }

    init(_ gains: [ScoredSeries.Gain], _ profile: Profile, windows: Int) {
        let nothing = -profile.missed * Double(windows)
        // Equal scores in their own order, so that the sum is the same to the last bit each time.
        let order = gains.indices.sorted { (gains[$1].score, $0) < (gains[$0].score, $1) }
        var points = [Point(threshold: Self.noAlert, raw: nothing)]
        var sum = 0.0
        for row in order {
            sum += gains[row].raw
            let point = Point(threshold: gains[row].score, raw: sum + nothing)
            // No threshold lies between rows of equal scores: they are alerts together or not at all.
            if points[points.count - 1].threshold == point.threshold { points.removeLast() }
            points.append(point)
        }
        self.points = points
    }

    /// The highest threshold of those with the highest raw score.
    var best: Point {
        points.reduce(points[0]) { $1.raw > $0.raw ? $1 : $0 }
    }

    func point(atThreshold threshold: Double) -> Point {
        let raw = points.last { $0.threshold >= threshold }?.raw ?? points[0].raw
        return Point(threshold: threshold, raw: raw)
    }
}
