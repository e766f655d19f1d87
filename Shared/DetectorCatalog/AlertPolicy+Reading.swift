public import Alerting
public import Settings

extension AlertPolicy {
    private static let times = Duration.zero ... .seconds(366 * 86_400)

    /// Reads the section `alert` of a detector.
    ///
    /// - Parameter kind: what the detector's anomalies are; it says what holds where the file says nothing.
    public init(_ kind: AnomalyKind, from reader: SettingsReader) {
        self.init(kind)
        severity =
            reader.choice("severity", default: SeverityName.warning, "How much it matters.", reload: .hot).severity
        pendingFor = reader.duration(
            "for", default: pendingFor, in: Self.times, "How long it must have been so before it fires.", reload: .hot)
        minBreaches = reader.int(
            "min_breaches", default: minBreaches, in: 1...64, "So many of the last `of_readings` must be anomalous.",
            reload: .hot)
        ofReadings = reader.int(
            "of_readings", default: max(ofReadings, minBreaches), in: 1...64, "See `min_breaches`.", reload: .hot)
        keepFiringFor = reader.duration(
            "keep_firing_for", default: keepFiringFor, in: Self.times, "It is over after so long without an anomaly.",
            reload: .hot)
        unheardFor = reader.duration(
            "unheard_for", default: unheardFor, in: .seconds(1)...Self.times.upperBound,
            "A condition whose series is silent for so long is taken for over.", reload: .hot)
        repeatInterval = Self.optional(
            reader.duration(
                "repeat_interval", default: repeatInterval ?? .zero, in: Self.times,
                "What fires and is not acknowledged is said again after so long; 0s: never.", reload: .hot))
        messageLimit = reader.int(
            "message_limit", default: messageLimit, in: 2...255, "Messages for one alert, its end among them.",
            reload: .hot)
        flapping = FlapPolicy(from: reader.section("flapping"))
    }

    private static func optional(_ interval: Duration) -> Duration? { interval == .zero ? nil : interval }
}

extension FlapPolicy {
    /// Nil when it is turned off.
    init?(from reader: SettingsReader) {
        self.init()
        let times = Duration.seconds(1) ... .seconds(366 * 86_400)
        let isOn = reader.bool("enabled", default: true, "Whether what comes and goes is one alert.", reload: .hot)
        changes = reader.int(
            "changes", default: changes, in: 3...64,
            "Between firing and resolved, within `window`: then it is flapping.", reload: .hot)
        window = reader.duration(
            "window", default: window, in: times, "What fires again so soon after its end is the same alert.",
            reload: .hot)
        steadyFor = reader.duration(
            "steady_for", default: steadyFor, in: times, "What flaps is over after so long without an anomaly.",
            reload: .hot)
        guard isOn else { return nil }
    }
}

/// As the settings file writes a severity.
private enum SeverityName: String, CaseIterable {
    case info
    case warning
    case critical

    var severity: AlertSeverity {
        switch self {
        case .info: .info
        case .warning: .warning
        case .critical: .critical
        }
    }
}
