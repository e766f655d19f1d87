internal import AlertRecords
internal import Alerting
internal import HTTPEndpoints
internal import Model
internal import Settings

/// `?state=firing,acknowledged&device=boiler-*&limit=20`; names, and patterns, of several kinds with commas between.
struct AlertListQuestion {
    static let longestList = 1_000

    let filter: AlertFilter
    let limit: Int

    /// - Throws: ``MalformedQuestion``
    init(_ query: [String: String]) throws(MalformedQuestion) {
        let fields = try QueryFields(
            query, known: ["state", "device", "sensor", "detector", "severity", "since", "limit"])
        var states: Set<AlertState> = []
        for name in try fields.list("state") ?? ["pending", "firing", "acknowledged"] {
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
            states: states, devices: try fields.list("device"), sensors: try fields.list("sensor"),
            detectors: try fields.list("detector"),
            severity: try Self.severity(query["severity"]), since: try fields.time("since"))
        limit = try fields.number("limit", default: 100, in: 1...Self.longestList)
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
            matchers: try body.texts("matchers").map { try AlertMatcher($0) },
            owner: try body.text("owner", upTo: JSONBody.longestName),
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
