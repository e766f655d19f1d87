/// What has to happen before people are told of a detector's anomalies, and how often they are.
///
/// The defaults give any alert at most three messages: that it fires, one more (it is still so, or it is flapping), and
/// that it is over. Times are measured on the readings' own clock, except where wall time is named.
public struct AlertPolicy: Hashable, Sendable {
    public var kind: AnomalyKind
    public var severity = AlertSeverity.warning
    /// `for`: how long it must have been so; 0: the first breach fires. Nothing that an event detector raises lasts.
    public var pendingFor: Duration = .zero
    /// So many readings of the series' last ``ofReadings`` must be breaches; 1…64.
    public var minBreaches = 1
    /// The window of ``minBreaches``, in readings; 1…64, and taken as ``minBreaches`` when below it: so many in a row.
    public var ofReadings = 1
    /// It fires on until there was no breach for so long. 5 minutes for conditions, so that noise around a limit is one alert; 10
    /// for events, whose only end this is; 1 for absences, so that one reading out of a silence is not yet its end.
    public var keepFiringFor: Duration
    /// Conditions only: an alert whose series was last heard in breach ends when nothing was heard for so long, in wall time.
    /// By then nobody knows whether it is still so.
    public var unheardFor: Duration = .seconds(86_400)
    /// A firing alert that nobody acknowledged is told again after so long, in wall time; nil: never.
    public var repeatInterval: Duration? = .seconds(4 * 3_600)
    /// Messages for one alert, all in all, 2…255. One is always kept for its end.
    public var messageLimit = 3
    /// nil: never flapping, and what fires again is always a new alert.
    public var flapping: FlapPolicy? = FlapPolicy()

    public init(_ kind: AnomalyKind = .condition) {
        self.kind = kind
        switch kind {
        case .condition: keepFiringFor = .seconds(300)
        case .event: keepFiringFor = .seconds(600)
        case .absence: keepFiringFor = .seconds(60)
        }
    }

    public static let condition = AlertPolicy(.condition)
    public static let event = AlertPolicy(.event)
    public static let absence = AlertPolicy(.absence)
}

/// When an alert that comes and goes is *flapping*: it then stays firing, and quiet, until it has been steady for a while.
public struct FlapPolicy: Hashable, Sendable {
    /// Changes between firing and resolved, either way, within ``window``; 3…64. Three is: fired, was over, fires again.
    public var changes = 3
    /// Within so long of its end, what fires again is the same alert.
    public var window: Duration = .seconds(3_600)
    /// So long without a breach, or with nothing but breaches, ends it.
    public var steadyFor: Duration = .seconds(1_800)

    public init() {}
}
