public import Model

/// A plugin that fails: when it is left alone, and for how long. A state machine; time enters as an argument.
///
///     failing ── for ``Limits/failures`` batches in a row ──▶ quarantined ── the time is over ──▶ on trial
///                                                              ▲                                    │ fails
///                                                              └────────── twice as long ───────────┘
///
/// A batch on which it works ends this, in whatever state: ``PluginTroubles`` keeps nothing of a plugin that works.
public struct PluginQuarantine: Hashable, Sendable {
    public struct Limits: Hashable, Sendable {
        /// Batches in a row.
        public var failures: Int
        public var first: Duration
        public var longest: Duration

        public init(failures: Int = 3, first: Duration = .seconds(60), longest: Duration = .seconds(3_600)) {
            self.failures = failures
            self.first = first
            self.longest = longest
        }
    }

    /// A time in which it is left alone.
    public struct Term: Hashable, Sendable {
        /// 1 for the first.
        public var number: Int
        public var began: Timestamp
        public var length: Duration

        public init(number: Int, began: Timestamp, length: Duration) {
            self.number = number
            self.began = began
            self.length = length
        }

        public var end: Timestamp { began.advanced(by: length) }
    }

    /// What it failed with last.
    public private(set) var error: PluginError
    /// Batches in a row.
    public private(set) var failures = 0
    /// The first of them.
    public let since: Timestamp
    /// The last of them.
    public private(set) var latest: Timestamp
    /// The latest; nil before the first.
    public private(set) var term: Term?

    init(_ error: PluginError, at now: Timestamp) {
        self.error = error
        since = now
        latest = now
    }

    /// - Returns: the quarantine that begins with it.
    mutating func fail(_ error: PluginError, at now: Timestamp, _ limits: Limits) -> Term? {
        self.error = error
        failures += 1
        latest = now
        if let term {
            let length = max(term.length, min(term.length * 2, limits.longest))
            self.term = Term(number: term.number + 1, began: now, length: length)
        } else if failures >= limits.failures {
            term = Term(number: 1, began: now, length: limits.first)
        } else {
            return nil
        }
        return term
    }

    mutating func shorten(to limits: Limits) {
        guard var term else { return }
        term.length = min(term.length, term.number == 1 ? min(limits.first, limits.longest) : limits.longest)
        self.term = term
    }

    /// How long it is left alone yet; nil when it may be given a batch.
    public func remaining(at now: Timestamp) -> Duration? {
        // A clock that was set back must not make it longer.
        guard let term, now >= term.began, now < term.end else { return nil }
        return term.end.since(now)
    }
}
