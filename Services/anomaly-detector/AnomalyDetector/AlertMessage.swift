internal import Model

extension Alert {
    /// The payload on `alerts/{device}/{sensor}`: device, sensor, value, timestamp, anomaly, location, id.
    var message: JSONText {
        var json = JSONText()
        json.beginObject()
        json.text("id", id)
        json.text("device_id", device)
        json.text("sensor_type", sensor)
        json.number("value", value)
        json.text("unit", unit)
        json.text("timestamp", timestamp.iso8601)
        json.key("anomaly")
        json.append(anomaly)
        if let location {
            json.key("location")
            json.raw(location)
        }
        json.endObject()
        return json
    }
}

extension JSONText {
    fileprivate mutating func append(_ anomaly: Anomaly) {
        beginObject()
        text("type", anomaly.detector)
        number("score", anomaly.score)
        number("threshold", anomaly.threshold)
        key("expected_range")
        beginObject()
        number("low", anomaly.expectedLow)
        number("high", anomaly.expectedHigh)
        endObject()
        text("why", anomaly.why)
        endObject()
    }

    fileprivate mutating func text(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    fileprivate mutating func number(_ name: String, _ value: Double) {
        key(name)
        number(value)
    }
}
