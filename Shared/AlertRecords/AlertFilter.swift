public import Alerting
internal import Glibc
public import Model

/// Which alerts. What is not given does not matter.
public struct AlertFilter: Hashable, Sendable {
    /// Empty: all.
    public var states: Set<AlertState>
    /// Names, or patterns as shells have them (`*`, `?`, `[a-c]`; glob(7)), one of which must match; nil or empty: all. The
    /// sensor of a device as a whole is empty.
    public var devices: [String]?
    public var sensors: [String]?
    public var detectors: [String]?
    /// At least so much.
    public var severity: AlertSeverity?
    /// Opened or last fired with a reading of this time or later…
    public var since: Timestamp?
    /// …and before this one.
    public var until: Timestamp?

    public init(
        states: Set<AlertState> = [], devices: [String]? = nil, sensors: [String]? = nil, detectors: [String]? = nil,
        severity: AlertSeverity? = nil, since: Timestamp? = nil, until: Timestamp? = nil
    ) {
        self.states = states
        self.devices = devices
        self.sensors = sensors
        self.detectors = detectors
        self.severity = severity
        self.since = since
        self.until = until
    }

    /// A pattern for this name and no other.
    public static func exactly(_ name: String) -> String {
        var pattern = ""
        for character in name {
            if "*?[\\".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern
    }

    var severities: [AlertSeverity] {
        AlertSeverity.allCases.filter { $0 >= severity ?? .info }
    }
}

/// The names that some patterns are for.
struct NamePatterns {
    let patterns: [String]

    /// Nil: every name will do.
    init?(_ patterns: [String]?) {
        guard let patterns, !patterns.isEmpty else { return nil }
        self.patterns = patterns
    }

    /// None of them is more than a name.
    var areNames: Bool {
        patterns.allSatisfy { pattern in !pattern.contains { "*?[\\".contains($0) } }
    }

    /// As silences compare names: `fnmatch`.
    func matches(_ name: String) -> Bool {
        patterns.contains { fnmatch($0, name, 0) == 0 }
    }
}
