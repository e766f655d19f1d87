public import Alerting
public import Model
internal import PostgreSQL

/// A row of `silences`.
public struct SilenceRecord: Hashable, Sendable {
    public var silence: Silence
    public var createdAt: Timestamp
    /// When somebody ended it before it expired.
    public var endedAt: Timestamp?
    public var endedBy: String?

    public enum State: String, Hashable, Sendable {
        case scheduled
        case active
        case expired
        case ended
    }

    public func state(at now: Timestamp) -> State {
        if endedAt != nil { return .ended }
        if silence.isActive(at: now) { return .active }
        return now < silence.starts ? .scheduled : .expired
    }
}

extension SilenceRecord {
    /// In the order in which ``init(_:_:)`` reads them.
    static let columns = "silence_id, owner, reason, starts, expires, matchers, created_at, ended_at, ended_by"

    /// - Throws: ``UnreadableSilence``
    init(_ rows: PostgreSQLRows, _ row: Int) throws {
        let id = rows.text(row, 0)
        do throws(InvalidMuting) {
            silence = try Silence(
                id: id, matchers: try Self.matchers(rows.texts(row, 5)), owner: rows.text(row, 1),
                reason: rows.text(row, 2), starts: rows.timestamp(row, 3), expires: rows.timestamp(row, 4))
        } catch {
            throw UnreadableSilence(id: id, reason: error)
        }
        createdAt = rows.timestamp(row, 6)
        endedAt = rows.optionalTimestamp(row, 7)
        endedBy = rows.optionalText(row, 8)
    }

    private static func matchers(_ texts: [String]) throws(InvalidMuting) -> [AlertMatcher] {
        var matchers: [AlertMatcher] = []
        for text in texts { matchers.append(try AlertMatcher(text)) }
        return matchers
    }

    /// `id`, `state` now, `matchers`, `owner`, `reason`, `starts`, `expires`, `created_at`, and `ended_at` with `ended_by` where
    /// somebody ended it.
    public func json(at now: Timestamp) -> JSONText {
        let all: [(String, String?)] = [
            ("owner", silence.owner), ("reason", silence.reason), ("starts", silence.starts.iso8601),
            ("expires", silence.expires.iso8601), ("created_at", createdAt.iso8601), ("ended_at", endedAt?.iso8601),
            ("ended_by", endedBy),
        ]
        var json = JSONText()
        json.beginObject()
        json.field("id", silence.id)
        json.field("state", state(at: now).rawValue)
        json.key("matchers")
        json.raw(matchersJSON)
        for (name, text) in all {
            if let text { json.field(name, text) }
        }
        json.endObject()
        return json
    }

    private var matchersJSON: String {
        let texts = silence.matchers.map { matcher in
            var json = JSONText()
            json.string(matcher.description)
            return json.text
        }
        return "[\(texts.joined(separator: ","))]"
    }
}

extension JSONText {
    mutating func field(_ name: String, _ text: String) {
        key(name)
        string(text)
    }
}
