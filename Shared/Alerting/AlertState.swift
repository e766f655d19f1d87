/// Where an alert is in its life.
///
///     (none) ─▶ pending ─▶ firing ─▶ acknowledged ─▶ resolved
///
/// Pending is skipped where the policy wants nothing more than a breach, and may end in resolved; so may firing. Resolved goes back to
/// pending or firing for a while. A step to the same state says something again, or that it flaps.
public enum AlertState: UInt8, Hashable, Sendable, CaseIterable {
    /// Its policy wants more before people are told: more breaches, or a longer time.
    case pending
    case firing
    /// Still firing, and somebody has it in hand.
    case acknowledged
    /// Over. The same alert goes on when it fires again within ``FlapPolicy/window``.
    case resolved

    public var name: String {
        switch self {
        case .pending: "pending"
        case .firing: "firing"
        case .acknowledged: "acknowledged"
        case .resolved: "resolved"
        }
    }

    /// Firing, whether or not somebody has it in hand.
    public var isActive: Bool { self == .firing || self == .acknowledged }
}

/// How much it matters, least first.
public enum AlertSeverity: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    case info
    case warning
    case critical

    public var name: String {
        switch self {
        case .info: "info"
        case .warning: "warning"
        case .critical: "critical"
        }
    }

    /// Nil for what is no severity's name.
    public init?(name: some StringProtocol) {
        guard let severity = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = severity
    }

    public static func < (left: AlertSeverity, right: AlertSeverity) -> Bool { left.rawValue < right.rawValue }
}

/// What a detector means by the readings that it does *not* find anomalous.
public enum AnomalyKind: Hashable, Sendable {
    /// It raises every reading for as long as something is so (a threshold, a sensor that is stuck). A series that falls silent in
    /// between has not recovered.
    case condition
    /// It raises the one reading at which something happened (a jump). Nothing after it says that it is over but time.
    case event
    /// It raises, by the wall clock, that nothing is heard (a device that is gone). Any reading says that it is over, whatever its time.
    case absence
}
