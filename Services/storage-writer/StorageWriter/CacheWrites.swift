internal import Model

/// What a commit brought, by device and sensor over all of its batches, so that a series costs one call however its
/// readings were spread.
struct CacheWrites {
    /// Where a reading is.
    private struct Place {
        var series: Int
        var batch: Int
        var row: Int
    }

    private let batches: [ReadingBatch]
    private var names: [SensorName] = []
    private var places: [Place] = []
    /// `places` from `starts[s]` up to `starts[s + 1]` are of series `s`.
    private var starts: [Int] = []

    init(_ batches: [ReadingBatch]) {
        self.batches = batches
        var numbers: [SensorName: Int] = [:]
        for (index, batch) in batches.enumerated() {
            let seriesNumbers = batch.series.map { series in
                let name = SensorName(of: series)
                return numbers[name] ?? add(name, to: &numbers)
            }
            for row in 0..<batch.count {
                places.append(Place(series: seriesNumbers[Int(batch.seriesIndex[row])], batch: index, row: row))
            }
        }
        groupPlaces()
    }

    private mutating func add(_ name: SensorName, to numbers: inout [SensorName: Int]) -> Int {
        numbers[name] = names.count
        names.append(name)
        return names.count - 1
    }

    /// A counting sort by series, which keeps the order of arrival within each.
    private mutating func groupPlaces() {
        starts = [Int](repeating: 0, count: names.count + 1)
        for place in places { starts[place.series + 1] += 1 }
        for series in names.indices { starts[series + 1] += starts[series] }
        var next = starts
        var grouped = places
        for place in places {
            grouped[next[place.series]] = place
            next[place.series] += 1
        }
        places = grouped
    }

    /// One by one, so that no more than one of them is in memory as text.
    func forEachSeries(limit: Int, _ body: (CachedSeries) -> Void) {
        for (number, name) in names.enumerated() where starts[number] < starts[number + 1] {
            let ordered = places[starts[number]..<starts[number + 1]].sorted { time(of: $0) < time(of: $1) }
            let readings = ordered.suffix(limit).map { CachedReading(row: $0.row, of: batches[$0.batch]) }
            body(CachedSeries(device: name.device, sensor: name.sensor, readings: readings))
        }
    }

    private func time(of place: Place) -> Int64 {
        batches[place.batch].timestamp[place.row]
    }
}
