public import Model

/// A silence, an inhibition or a matcher that cannot be meant. Not worth a retry before somebody changes it.
public enum InvalidMuting: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        case silence
        case inhibition
    }

    case nameless(Kind)
    case noMatcher(Kind, String)
    case noOwner(String)
    case noReason(String)
    case expired(String, starts: Timestamp, expires: Timestamp)
    case noComparison(String)
    case unknownLabel(String)
    case unknownSeverity(String)
    case pattern(AlertMatcher.Label, AlertMatcher.Comparison, String)

    public var isRetriable: Bool { false }

    public var description: String {
        switch self {
        case .nameless(.silence): "a silence has no id"
        case .nameless(.inhibition): "an inhibition has no name"
        case .noMatcher(.silence, let id): "silence \(id) has no matcher: it would silence everything"
        case .noMatcher(.inhibition, let name): "inhibition \(name) has no source: every alert would inhibit the others"
        case .noOwner(let id): "silence \(id) has no owner: nobody could be asked about it"
        case .noReason(let id): "silence \(id) has no reason"
        case .expired(let id, let starts, let expires):
            "silence \(id) expires at \(expires.iso8601), which is not after it starts (\(starts.iso8601))"
        case .noComparison(let matcher):
            "matcher '\(matcher)' has no comparison: it is written as device=boiler-1, with one of = != ~ !~"
        case .unknownLabel(let matcher):
            "matcher '\(matcher)' is of nothing that an alert has: there are \(Self.labels)"
        case .pattern(let label, let comparison, let text):
            """
            '\(comparison.rawValue)' compares names as they are: write \
            \(label.rawValue)\(comparison == .equals ? "~" : "!~")\(text) for a pattern
            """
        case .unknownSeverity(let text): "'\(text)' is no severity: there are \(Self.severities)"
        }
    }

    private static var labels: String { AlertMatcher.Label.allCases.map(\.rawValue).joined(separator: ", ") }
    private static var severities: String { AlertSeverity.allCases.map(\.name).joined(separator: ", ") }
}
