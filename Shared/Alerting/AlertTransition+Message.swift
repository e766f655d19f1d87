public import Model

extension AlertTransition {
    /// What leaves Sluice over MQTT and webhooks: one JSON object.
    ///
    /// `id`, `transition` (1, 2, … within the alert), `state`, `previous_state` (not in an alert's first), `cause`, `severity`,
    /// `detector`, `why`, `at`, `device_id`, `sensor_type`, `value` and `unit` (not of a silence), `timestamp`, `anomaly`
    /// (`type`, `score`, `threshold`, `expected_range` with `low` and `high`, `why`), `location`, and `by` where somebody did it. The
    /// value, the timestamp and the anomaly are of the reading that the alert opened or fired with.
    public var message: JSONText {
        var json = JSONText()
        json.beginObject()
        json.text("id", alertID)
        json.key("transition")
        json.raw("\(ordinal)")
        json.text("state", to.name)
        if let from { json.text("previous_state", from.name) }
        json.text("cause", cause.name)
        json.text("severity", severity.name)
        json.text("detector", fingerprint.detector)
        json.text("why", why)
        json.text("at", at.iso8601)
        json.text("device_id", fingerprint.device)
        json.text("sensor_type", fingerprint.sensor)
        append(subject, to: &json)
        if let actor { json.text("by", actor) }
        json.endObject()
        return json
    }

    private func append(_ subject: AlertSubject, to json: inout JSONText) {
        if let value = subject.value {
            json.number("value", value)
            json.text("unit", subject.unit)
        }
        json.text("timestamp", subject.time.iso8601)
        if let anomaly = subject.anomaly {
            json.key("anomaly")
            json.append(anomaly)
        }
        if let location = subject.location {
            json.key("location")
            json.raw(location)
        }
    }
}

extension AlertCause {
    public var name: String {
        switch self {
        case .breached: "breached"
        case .fired: "fired"
        case .flapping: "flapping"
        case .steadied: "steadied"
        case .reminded: "reminded"
        case .unmuted: "unmuted"
        case .acknowledged: "acknowledged"
        case .cleared: "cleared"
        case .expired: "expired"
        case .superseded: "superseded"
        }
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
