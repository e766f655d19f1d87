internal import Model
internal import Redis

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

extension RedisPipeline {
    /// Writes `alert:{device}:{sensor}:{unix time}` anew, for so many seconds.
    mutating func store(_ alert: Alert, for secondsToLive: Int) {
        let seconds = alert.timestamp.microseconds.flooredQuotient(1_000_000)
        let key = "alert:\(alert.device):\(alert.sensor):\(seconds)"
        // A former alert of that second may have a location where this one has none.
        append("DEL", key)
        beginCommand()
        argument("HSET")
        argument(key)
        for (field, value) in alert.cacheFields {
            argument(field)
            argument(value)
        }
        append("EXPIRE", key, String(secondsToLive))
    }
}

extension Alert {
    /// Flat, because a Redis hash is; the location stays JSON.
    fileprivate var cacheFields: [(String, String)] {
        var fields = [
            ("id", id), ("device_id", device), ("sensor_type", sensor), ("value", value.description), ("unit", unit),
            ("timestamp", timestamp.iso8601), ("detector", anomaly.detector), ("score", anomaly.score.description),
            ("threshold", anomaly.threshold.description), ("expected_low", anomaly.expectedLow.description),
            ("expected_high", anomaly.expectedHigh.description), ("why", anomaly.why),
        ]
        if let location { fields.append(("location", location)) }
        return fields
    }
}
