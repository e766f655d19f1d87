internal import Model

/// A copy of one reading, apart from its batch: that goes on, and must not be kept alive.
struct TappedReading: Hashable, Sendable {
    var series: Series
    var time: Timestamp
    var value: Double
    var quality: Float
    /// Nil until a detector has run.
    var anomalyScore: Float?

    init(_ batch: ReadingBatch, _ row: Int) {
        series = batch.series(ofRow: row)
        time = Timestamp(microseconds: batch.timestamp[row])
        value = batch.value[row]
        quality = batch.quality.isEmpty ? 1 : batch.quality[row]
        anomalyScore = batch.anomalyScore.isEmpty ? nil : batch.anomalyScore[row]
    }

    /// An object on a line of its own.
    ///
    /// - Parameters:
    ///   - stage: the service that it passes.
    ///   - instance: which of it.
    func line(stage: String, instance: String) -> String {
        var json = JSONText()
        json.beginObject()
        let texts = [("device", series.device), ("sensor", series.sensor), ("time", time.iso8601)]
        for (key, text) in texts {
            json.key(key)
            json.string(text)
        }
        json.key("value")
        json.number(value)
        json.key("unit")
        json.string(series.unit)
        json.key("quality")
        json.raw(quality.description)
        if let anomalyScore, anomalyScore.isFinite {
            json.key("anomaly_score")
            json.raw(anomalyScore.description)
        }
        return Self.end(json, stage, instance)
    }

    /// In the place of readings that were left out.
    static func line(dropped: Int, stage: String, instance: String) -> String {
        var json = JSONText()
        json.beginObject()
        json.key("dropped")
        json.number(Int64(dropped))
        return end(json, stage, instance)
    }

    /// Where it was seen: what several instances show is read as one stream.
    private static func end(_ json: JSONText, _ stage: String, _ instance: String) -> String {
        var json = json
        for (key, text) in [("stage", stage), ("instance", instance)] {
            json.key(key)
            json.string(text)
        }
        json.endObject()
        return json.text + "\n"
    }
}
