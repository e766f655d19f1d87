public import Alerting
public import Model

/// An alert as it is after its last transition: a row of `alerts`.
///
/// What is of a reading (``time``, ``value``, ``unit``, ``score`` to ``expectedHigh``, ``why``, ``location``) is of the one that it
/// opened or last fired with.
public struct AlertRecord: Hashable, Sendable {
    /// ``AlertTransition/alertID``.
    public var id: String
    public var time: Timestamp
    public var device: String
    /// Empty for what is said of a device as a whole.
    public var sensor: String
    public var detector: String
    /// Nil where there is no reading, as of a silence.
    public var value: Double?
    public var unit: String
    public var score: Double?
    public var threshold: Double?
    public var expectedLow: Double?
    public var expectedHigh: Double?
    /// What was found. What its transitions say is in ``TransitionRecord/why``.
    public var why: String
    /// A JSON object as text.
    public var location: String?
    /// Of the reading that opened it.
    public var eventID: String
    public var state: AlertState
    public var severity: AlertSeverity
    /// Of the last transition.
    public var ordinal: UInt32
    public var changedAt: Timestamp
    /// When it last began to fire.
    public var firedAt: Timestamp?
    public var acknowledgedAt: Timestamp?
    public var acknowledgedBy: String?
    public var resolvedAt: Timestamp?
    /// What kept its last message back.
    public var suppressedBy: String?
    /// When PostgreSQL first had it.
    public var createdAt: Timestamp

    public var series: SensorName { SensorName(device: device, sensor: sensor) }
    public var fingerprint: AlertFingerprint { AlertFingerprint(series: series, detector: detector) }
}

extension AlertRecord {
    /// What the row is after this transition, as far as the transition tells: of an alert that was acknowledged or that fired
    /// before, it does not know when.
    public init(_ transition: AlertTransition) {
        let subject = transition.subject
        self.init(
            id: transition.alertID, time: subject.time, device: transition.fingerprint.device,
            sensor: transition.fingerprint.sensor, detector: transition.fingerprint.detector, value: subject.value,
            unit: subject.unit, score: nil, threshold: nil, expectedLow: nil, expectedHigh: nil, why: transition.why,
            location: subject.location, eventID: transition.eventID, state: transition.to,
            severity: transition.severity, ordinal: transition.ordinal, changedAt: transition.at,
            createdAt: transition.at)
        take(transition)
    }

    /// What the row is after one more transition.
    mutating func take(_ transition: AlertTransition) {
        let began = transition.to.isActive && transition.from?.isActive != true
        if transition.from ?? .resolved == .resolved {
            (acknowledgedAt, acknowledgedBy, suppressedBy) = (nil, nil, nil)
        }
        if began { firedAt = transition.at }
        if transition.cause == .acknowledged {
            (acknowledgedAt, acknowledgedBy) = (transition.at, transition.actor)
        }
        resolvedAt = transition.to == .resolved ? transition.at : nil
        note(transition.telling)
        note(transition.subject, otherwise: transition.why)
        (state, severity) = (transition.to, transition.severity)
        (ordinal, changedAt) = (transition.ordinal, transition.at)
    }

    private mutating func note(_ telling: AlertTelling) {
        switch telling {
        case .told: suppressedBy = nil
        case .suppressed(let suppression): suppressedBy = suppression.description
        // Whatever kept the last message back.
        case .quiet: break
        }
    }

    private mutating func note(_ subject: AlertSubject, otherwise sentence: String) {
        (time, value, unit, location) = (subject.time, subject.value, subject.unit, subject.location)
        let anomaly = subject.anomaly
        (score, threshold) = (anomaly?.score, anomaly?.threshold)
        (expectedLow, expectedHigh) = (anomaly?.expectedLow, anomaly?.expectedHigh)
        why = anomaly?.why ?? sentence
    }
}
