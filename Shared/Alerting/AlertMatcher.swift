internal import Glibc
internal import Model

/// One condition on an alert, such as `device=boiler-1`, `sensor!=door`, `detector~rate*` or `severity!~crit*`.
///
/// Names are compared by bytes, patterns as shells do (`*`, `?`, `[a-c]`; glob(7)).
public struct AlertMatcher: Hashable, Sendable, CustomStringConvertible {
    public enum Label: String, Hashable, Sendable, CaseIterable {
        case device
        case sensor
        case detector
        case severity
    }

    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case differs = "!="
        case isUnlike = "!~"
        case equals = "="
        case isLike = "~"
    }

    public let label: Label
    public let comparison: Comparison
    public let text: String

    /// - Throws: ``InvalidMuting`` for what can hardly match: a severity that there is not, a pattern where names are compared.
    public init(_ label: Label, _ comparison: Comparison, _ text: String) throws(InvalidMuting) {
        let isExact = comparison == .equals || comparison == .differs
        guard label != .severity || !isExact || AlertSeverity(name: text) != nil else {
            throw InvalidMuting.unknownSeverity(text)
        }
        guard !isExact || !text.contains(where: { "*?[".contains($0) }) else {
            throw InvalidMuting.pattern(label, comparison, text)
        }
        self.label = label
        self.comparison = comparison
        self.text = text
    }

    /// Reads a label, a comparison and the rest, without spaces between; a sensor that is empty is the device as a whole.
    public init(_ matcher: String) throws(InvalidMuting) {
        let label = matcher.prefix { !"!=~".contains($0) }
        let rest = matcher[label.endIndex...]
        // Those of two characters come first.
        guard let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
            throw InvalidMuting.noComparison(matcher)
        }
        guard let known = Label(rawValue: String(label)) else { throw InvalidMuting.unknownLabel(matcher) }
        try self.init(known, comparison, String(rest.dropFirst(comparison.rawValue.count)))
    }

    public var description: String { label.rawValue + comparison.rawValue + text }

    public func matches(_ fingerprint: AlertFingerprint, _ severity: AlertSeverity) -> Bool {
        let value = value(fingerprint, severity)
        switch comparison {
        case .equals: return ExactText(value) == ExactText(text)
        case .differs: return ExactText(value) != ExactText(text)
        case .isLike: return fnmatch(text, value, 0) == 0
        case .isUnlike: return fnmatch(text, value, 0) != 0
        }
    }

    private func value(_ fingerprint: AlertFingerprint, _ severity: AlertSeverity) -> String {
        switch label {
        case .device: fingerprint.device
        case .sensor: fingerprint.sensor
        case .detector: fingerprint.detector
        case .severity: severity.name
        }
    }
}

extension [AlertMatcher] {
    func allMatch(_ fingerprint: AlertFingerprint, _ severity: AlertSeverity) -> Bool {
        allSatisfy { $0.matches(fingerprint, severity) }
    }
}
