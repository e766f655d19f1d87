public import Alerting
public import Model

/// A row of `alert_transitions`. What Sluice writes has all but what says otherwise.
public struct TransitionRecord: Hashable, Sendable {
    /// 1, 2, 3, … within the alert.
    public var ordinal: UInt32
    /// Nil for an alert's first.
    public var from: AlertState?
    public var to: AlertState
    public var at: Timestamp
    /// ``AlertCause/name``.
    public var cause: String?
    /// A sentence for people.
    public var why: String?
    public var severity: AlertSeverity?
    /// `told`, `suppressed`, or `quiet: ` and why there was nothing to say.
    public var telling: String?
    /// What kept the message back.
    public var suppressedBy: String?
    /// Whoever acknowledged it.
    public var actor: String?
    /// What somebody wrote into the table; Sluice does not.
    public var note: String?
}

/// An alert, and all that became of it.
public struct AlertHistory: Hashable, Sendable {
    public var alert: AlertRecord
    /// Ascending.
    public var transitions: [TransitionRecord]
}

extension TransitionRecord {
    public var json: JSONText {
        let all: [(String, String?)] = [
            ("from", from?.name), ("to", to.name), ("at", at.iso8601), ("cause", cause), ("why", why),
            ("severity", severity?.name), ("telling", telling), ("suppressed_by", suppressedBy), ("actor", actor),
            ("note", note),
        ]
        var json = JSONText()
        json.beginObject()
        json.key("ordinal")
        json.number(Int64(ordinal))
        for (name, text) in all {
            guard let text else { continue }
            json.key(name)
            json.string(text)
        }
        json.endObject()
        return json
    }
}

extension AlertTelling {
    /// As `alert_transitions.telling` has it.
    var name: String {
        switch self {
        case .told: "told"
        case .suppressed: "suppressed"
        case .quiet(.pending): "quiet: it never came to firing"
        case .quiet(.known): "quiet: people know"
        case .quiet(.untold): "quiet: people were never told that it fires"
        case .quiet(.limit): "quiet: the limit of messages is reached"
        }
    }
}
