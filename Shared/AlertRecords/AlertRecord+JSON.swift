internal import Alerting
public import Model

extension AlertRecord {
    /// One object. Names are those of the columns of `alerts`, but for `id` and `timestamp` (`time`), as in messages; what is
    /// not known is left out. Times are ISO 8601.
    public var json: JSONText {
        var json = JSONText()
        json.beginObject()
        for (name, field) in fields + [("created_at", .text(createdAt.iso8601))] {
            json.key(name)
            switch field {
            case .text(let text): json.string(text)
            case .number(let number): json.number(number)
            case .count(let count): json.number(Int64(count))
            case .json(let text): json.raw(text)
            }
        }
        json.endObject()
        return json
    }

    enum Field {
        case text(String)
        case number(Double)
        case count(UInt32)
        case json(String)

        /// As a Redis hash has it.
        var text: String {
            switch self {
            case .text(let text), .json(let text): text
            case .number(let number): number.description
            case .count(let count): String(count)
            }
        }
    }

    /// What is known, in the order in which people read it.
    var fields: [(name: String, field: Field)] {
        let all: [(String, Field?)] = [
            ("id", .text(id)), ("state", .text(state.name)), ("severity", .text(severity.name)),
            ("device_id", .text(device)), ("sensor_type", .text(sensor)), ("detector", .text(detector)),
            ("value", value.map(Field.number)), ("unit", .text(unit)), ("timestamp", .text(time.iso8601)),
            ("score", score.map(Field.number)), ("threshold", threshold.map(Field.number)),
            ("expected_low", expectedLow.map(Field.number)), ("expected_high", expectedHigh.map(Field.number)),
            ("why", .text(why)), ("location", location.map(Field.json)), ("event_id", .text(eventID)),
            ("ordinal", .count(ordinal)), ("changed_at", .text(changedAt.iso8601)), ("fired_at", .time(firedAt)),
            ("acknowledged_at", .time(acknowledgedAt)), ("acknowledged_by", acknowledgedBy.map(Field.text)),
            ("resolved_at", .time(resolvedAt)), ("suppressed_by", suppressedBy.map(Field.text)),
        ]
        return all.compactMap { name, field in field.map { (name, $0) } }
    }
}

extension AlertRecord.Field? {
    fileprivate static func time(_ time: Timestamp?) -> Self { time.map { .text($0.iso8601) } }
}
