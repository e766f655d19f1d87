/// While an alert that matches the source fires, messages about other alerts of the same device that match the target are kept
/// back. An alert that is a source itself is not a target.
public struct Inhibition: Hashable, Sendable {
    public let name: String
    /// All of them must match.
    public let source: [AlertMatcher]
    /// All of them must match; empty: every alert of the device.
    public let target: [AlertMatcher]

    /// - Throws: ``InvalidMuting`` without a name or a source.
    public init(name: String, source: [AlertMatcher], target: [AlertMatcher] = []) throws(InvalidMuting) {
        guard name.contains(where: { !$0.isWhitespace }) else { throw InvalidMuting.nameless(.inhibition) }
        guard !source.isEmpty else { throw InvalidMuting.noMatcher(.inhibition, name) }
        self.name = name
        self.source = source
        self.target = target
    }

    /// A device that is gone mutes its sensors: an alert of `detector` that is of the device as a whole.
    public static func offline(detector: String = "missing") throws(InvalidMuting) -> Inhibition {
        try Inhibition(
            name: "offline",
            source: [AlertMatcher(.detector, .equals, detector), AlertMatcher(.sensor, .equals, "")])
    }

    func isSource(_ fingerprint: AlertFingerprint, _ severity: AlertSeverity) -> Bool {
        source.allMatch(fingerprint, severity)
    }

    func isTarget(_ fingerprint: AlertFingerprint, _ severity: AlertSeverity) -> Bool {
        target.allMatch(fingerprint, severity) && !isSource(fingerprint, severity)
    }
}
