internal import AlertRecords
internal import Alerting
internal import Foundation
internal import Model
internal import Settings

/// A question that cannot be meant.
struct MalformedQuestion: Error, Hashable, CustomStringConvertible {
    let description: String
    var isRetriable: Bool { false }

    init(_ description: String) {
        self.description = description
    }
}

/// `?state=firing,acknowledged&device=boiler-*&limit=20`; names, and patterns, of several kinds with commas between.
struct AlertListQuestion {
    static let longestList = 1_000

    let filter: AlertFilter
    let limit: Int

    /// - Throws: ``MalformedQuestion``
    init(_ query: [String: String]) throws(MalformedQuestion) {
        let known = ["state", "device", "sensor", "detector", "severity", "since", "limit"]
        if let other = query.keys.sorted().first(where: { !known.contains($0) }) {
            throw MalformedQuestion("there is no '\(other)' to ask by: there are \(known.joined(separator: ", "))")
        }
        func list(_ name: String) -> [String]? { query[name]?.split(separator: ",").map { String($0) } }
        var states: Set<AlertState> = []
        for name in list("state") ?? ["pending", "firing", "acknowledged"] {
            guard name != "all" else {
                states = Set(AlertState.allCases)
                continue
            }
            guard let state = AlertState.allCases.first(where: { $0.name == name }) else {
                throw MalformedQuestion(
                    "'\(name)' is no state: there are pending, firing, acknowledged, resolved; or all")
            }
            states.insert(state)
        }
        filter = AlertFilter(
            states: states, devices: list("device"), sensors: list("sensor"), detectors: list("detector"),
            severity: try Self.severity(query["severity"]), since: try Self.time(query["since"]))
        limit = try Self.limit(query["limit"])
    }

    static func id(_ query: [String: String]) throws(MalformedQuestion) -> String {
        guard let id = query["id"], !id.isEmpty else { throw MalformedQuestion("'id' is missing: ask as in ?id=ID") }
        return id
    }

    private static func severity(_ name: String?) throws(MalformedQuestion) -> AlertSeverity? {
        guard let name else { return nil }
        if let severity = AlertSeverity(name: name) { return severity }
        throw MalformedQuestion("'\(name)' is no severity: there are info, warning, critical")
    }

    private static func time(_ text: String?) throws(MalformedQuestion) -> Timestamp? {
        guard let text else { return nil }
        if let time = Timestamp(iso8601: text) { return time }
        if let ago = DurationText.parse(text) { return Timestamp.now().advanced(by: .zero - ago) }
        throw MalformedQuestion("'\(text)' is no time: write it as in 2026-11-01T06:00:00Z, or 1h for an hour ago")
    }

    private static func limit(_ text: String?) throws(MalformedQuestion) -> Int {
        guard let text else { return 100 }
        guard let limit = Int(text), (1...longestList).contains(limit) else {
            throw MalformedQuestion("'\(text)' is no limit: it is a number from 1 to \(longestList)")
        }
        return limit
    }
}

/// `{"matchers":["device=boiler-1"],"owner":"ann","reason":"maintenance","for":"2h"}`; `expires` may stand for `for`, and `starts`
/// and `id` may be given as well. With an id of its own, asking again is harmless.
struct SilenceQuestion {
    let silence: Silence

    /// - Throws: ``MalformedQuestion``, `InvalidMuting`.
    init(_ bytes: [UInt8], now: Timestamp) throws {
        let body = try JSONBody(bytes, keys: ["id", "matchers", "owner", "reason", "for", "starts", "expires"])
        let starts = try Self.time("starts", in: body) ?? now
        silence = try Silence(
            id: try body.optionalText("id") ?? Silence.makeID(),
            matchers: try body.texts("matchers").map { try AlertMatcher($0) }, owner: try body.text("owner"),
            reason: try body.text("reason"), starts: starts, expires: try Self.end(starts, body))
    }

    private static func end(_ starts: Timestamp, _ body: JSONBody) throws(MalformedQuestion) -> Timestamp {
        switch (try body.optionalText("for"), try time("expires", in: body)) {
        case (nil, let expires?): return expires
        case (let text?, nil):
            if let duration = DurationText.parse(text) { return starts.advanced(by: duration) }
            throw MalformedQuestion("'\(text)' is no duration: write it as in 30m or 2h")
        case (nil, nil): throw MalformedQuestion("'for' is missing, and so is 'expires'")
        case (_?, _?): throw MalformedQuestion("'for' and 'expires' exclude each other")
        }
    }

    private static func time(_ key: String, in body: JSONBody) throws(MalformedQuestion) -> Timestamp? {
        guard let text = try body.optionalText(key) else { return nil }
        if let time = Timestamp(iso8601: text) { return time }
        throw MalformedQuestion("'\(key)' is no time: write it as in 2026-11-01T06:00:00Z")
    }
}

/// A JSON object that somebody sent.
struct JSONBody {
    private let object: [String: Any]

    /// - Parameter keys: all that there may be: a misspelt one would be without effect, silently.
    init(_ bytes: [UInt8], keys: [String]) throws(MalformedQuestion) {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] else {
            throw MalformedQuestion("the body is no JSON object")
        }
        if let other = object.keys.sorted().first(where: { !keys.contains($0) }) {
            throw MalformedQuestion("unknown key '\(other)': there are \(keys.joined(separator: ", "))")
        }
        self.object = object
    }

    func optionalText(_ key: String) throws(MalformedQuestion) -> String? {
        guard let value = object[key], !(value is NSNull) else { return nil }
        guard let text = value as? String else { throw MalformedQuestion("'\(key)' is no text") }
        return text
    }

    /// One that says something.
    func text(_ key: String) throws(MalformedQuestion) -> String {
        guard let text = try optionalText(key), !text.allSatisfy(\.isWhitespace) else {
            throw MalformedQuestion("'\(key)' is missing")
        }
        return text
    }

    func texts(_ key: String) throws(MalformedQuestion) -> [String] {
        guard let value = object[key] else { throw MalformedQuestion("'\(key)' is missing") }
        guard let texts = value as? [String] else { throw MalformedQuestion("'\(key)' is no list of texts") }
        return texts
    }
}
