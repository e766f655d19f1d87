public import Model

/// One step of an alert's life: a row of `alert_transitions`, and a message where ``telling`` says so.
public struct AlertTransition: Hashable, Sendable {
    /// `<event id of the reading that opened it>-<detector>`: the same however often the batch is delivered.
    public var alertID: String
    /// 1, 2, 3, … within the alert. The order of the steps, where clocks disagree.
    public var ordinal: UInt32
    public var fingerprint: AlertFingerprint
    /// nil for an alert's first.
    public var from: AlertState?
    /// The same as ``from`` where it is only said again or was found to flap.
    public var to: AlertState
    /// By the readings' clock; what a person does, and what is said again, by the wall clock.
    public var at: Timestamp
    public var cause: AlertCause
    /// A sentence for people.
    public var why: String
    public var severity: AlertSeverity
    public var telling: AlertTelling
    /// Whoever acknowledged it.
    public var actor: String?
    /// Of the reading that caused it. Its row is that of the batch, until it has been through a checkpoint: 0 then.
    public var anomaly: Anomaly?
    /// The reading that the alert last opened or fired with.
    public var subject: AlertSubject

    public init(
        alertID: String, ordinal: UInt32, fingerprint: AlertFingerprint, from: AlertState?, to: AlertState,
        at: Timestamp, cause: AlertCause, why: String, severity: AlertSeverity, telling: AlertTelling,
        actor: String? = nil, anomaly: Anomaly? = nil, subject: AlertSubject? = nil
    ) {
        self.alertID = alertID
        self.ordinal = ordinal
        self.fingerprint = fingerprint
        self.from = from
        self.to = to
        self.at = at
        self.cause = cause
        self.why = why
        self.severity = severity
        self.telling = telling
        self.actor = actor
        self.anomaly = anomaly
        self.subject = subject ?? AlertSubject(time: at)
    }

    /// Names it for ever, so that writing or sending it twice is harmless.
    public var id: String { "\(alertID)/\(ordinal)" }

    /// The reading that opened the alert, as the `readings` view names it; of a silence, what it was named by.
    public var eventID: String {
        let suffix = "-\(fingerprint.detector)"
        return alertID.hasSuffix(suffix) ? String(alertID.dropLast(suffix.count)) : alertID
    }

    /// Where its message goes over MQTT: `alerts/{device}/{sensor}`, and `alerts/{device}` for a device as a whole.
    public var topic: String {
        let (device, sensor) = (fingerprint.device, fingerprint.sensor)
        return sensor.isEmpty ? "alerts/\(device)" : "alerts/\(device)/\(sensor)"
    }

    /// Whether people are to get a message.
    public var isTold: Bool { telling == .told }

    /// What kept the message back.
    public var suppressedBy: Suppression? {
        guard case .suppressed(let suppression) = telling else { return nil }
        return suppression
    }
}

/// What brought a transition about.
public enum AlertCause: UInt8, Hashable, Sendable, CaseIterable {
    /// A breach, which the policy wants more of.
    case breached
    /// The policy's conditions are met.
    case fired
    /// The same, once too often within a time: it is held firing.
    case flapping
    /// It no longer flaps: breaches alone for ``FlapPolicy/steadyFor``.
    case steadied
    /// ``AlertPolicy/repeatInterval`` is over.
    case reminded
    /// What kept the message back is over, and it still fires.
    case unmuted
    case acknowledged
    /// Readings without a breach.
    case cleared
    /// Time, without a reading.
    case expired
    /// A saved state knows of another alert of the same fingerprint, which goes on in its place.
    case superseded
}
