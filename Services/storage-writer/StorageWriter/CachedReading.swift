internal import Model

/// A reading as the list `ts:{device}:{sensor}` holds it.
struct CachedReading: Equatable {
    var timestamp: Timestamp
    /// `<producer>-<sequence>-<position>`: what tells two readings of the same time apart.
    var eventID: String
    var value: Double
    var unit: String
    var quality: Double
    var anomalyScore: Double?
    var location: String?
    var metadata: String?

    /// `timestamp` and `event_id` come first, and in a fixed form: ``RedisScript/storeReadings`` reads them there,
    /// without parsing JSON.
    func json(device: String, sensor: String) -> JSONText {
        var json = JSONText()
        json.beginObject()
        json.field("timestamp", timestamp.iso8601)
        json.field("event_id", eventID)
        json.field("device_id", device)
        json.field("sensor_type", sensor)
        json.key("value")
        json.number(value)
        json.field("unit", unit)
        json.key("quality")
        json.number(quality)
        if let anomalyScore {
            json.key("anomaly_score")
            json.number(anomalyScore)
        }
        json.field("location", raw: location)
        json.field("metadata", raw: metadata)
        json.endObject()
        return json
    }
}

extension CachedReading {
    init(row: Int, of batch: ReadingBatch) {
        timestamp = Timestamp(microseconds: batch.timestamp[row])
        eventID = batch.eventID(ofRow: row)
        value = batch.value[row]
        unit = batch.series(ofRow: row).unit
        quality = batch.quality.isEmpty ? 1 : Double(batch.quality[row])
        anomalyScore = batch.anomalyScore.isEmpty ? nil : Double(batch.anomalyScore[row])
        location = batch.location(ofRow: row)
        metadata = batch.metadata(ofRow: row)
    }
}

/// What Redis is to show of one device's sensor.
struct CachedSeries: Equatable {
    var device: String
    var sensor: String
    /// Oldest first.
    var readings: [CachedReading]
}

extension JSONText {
    mutating func field(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    mutating func field(_ name: String, raw text: String?) {
        guard let text else { return }
        key(name)
        raw(text)
    }
}
