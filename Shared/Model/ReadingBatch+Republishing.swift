/// A reading as its device could have published it.
extension ReadingBatch {
    /// `sensors/{device}/{sensor}`.
    public func topic(ofRow row: Int) -> String {
        let series = series(ofRow: row)
        return "sensors/\(series.device)/\(series.sensor)"
    }

    /// The JSON object that publishing to ``topic(ofRow:)`` again would bring back as the same reading: `value`,
    /// `unit` unless empty, `timestamp` in ISO 8601, `location` and `metadata` where the row has them.
    public func json(ofRow row: Int) -> JSONText {
        var json = JSONText()
        json.beginObject()
        json.key("value")
        json.number(value[row])
        let unit = series(ofRow: row).unit
        if !unit.isEmpty {
            json.key("unit")
            json.string(unit)
        }
        json.key("timestamp")
        json.string(Timestamp(microseconds: timestamp[row]).iso8601)
        json.append(key: "location", raw: location(ofRow: row))
        json.append(key: "metadata", raw: metadata(ofRow: row))
        json.endObject()
        return json
    }

    /// The row given up: what the dead letters keep of it. The caller removes the row.
    public func deadLetter(ofRow row: Int, reason: DiscardReason, detail: String, stage: String) -> DeadLetter {
        DeadLetter(
            position: position[row], partition: series(ofRow: row).partition, topic: topic(ofRow: row),
            payload: json(ofRow: row).bytes, reason: reason, detail: detail, stage: stage,
            receivedAt: Timestamp(microseconds: receivedAt[row]))
    }
}

extension JSONText {
    fileprivate mutating func append(key: String, raw text: String?) {
        guard let text else { return }
        self.key(key)
        raw(text)
    }
}
