public import Model

/// Keeps messages back for a while: somebody says which, why and until when. What it keeps back is recorded all the same.
public struct Silence: Hashable, Sendable {
    public let id: String
    /// All of them must match.
    public let matchers: [AlertMatcher]
    /// Whom to ask about it.
    public let owner: String
    public let reason: String
    /// By the wall clock; from here on…
    public let starts: Timestamp
    /// …and until just before here.
    public let expires: Timestamp

    /// - Throws: ``InvalidMuting`` for one that nobody answers for, that is of everything or that is over before it starts.
    public init(
        id: String, matchers: [AlertMatcher], owner: String, reason: String, starts: Timestamp, expires: Timestamp
    ) throws(InvalidMuting) {
        guard !id.isBlank else { throw InvalidMuting.nameless(.silence) }
        guard !matchers.isEmpty else { throw InvalidMuting.noMatcher(.silence, id) }
        guard !owner.isBlank else { throw InvalidMuting.noOwner(id) }
        guard !reason.isBlank else { throw InvalidMuting.noReason(id) }
        guard starts < expires else { throw InvalidMuting.expired(id, starts: starts, expires: expires) }
        self.id = id
        self.matchers = matchers
        self.owner = owner
        self.reason = reason
        self.starts = starts
        self.expires = expires
    }

    public func isActive(at now: Timestamp) -> Bool { starts <= now && now < expires }

    public func matches(_ fingerprint: AlertFingerprint, _ severity: AlertSeverity) -> Bool {
        matchers.allMatch(fingerprint, severity)
    }
}

extension String {
    fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
