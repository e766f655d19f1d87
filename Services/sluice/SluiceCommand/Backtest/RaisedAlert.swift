import Alerting
import Model

/// What people would have had of an alert.
struct RaisedAlert: Hashable, Sendable {
    let id: String
    let series: SensorName
    /// Its first breach.
    let openedAt: Timestamp
    /// When it last began to fire; nil before it has.
    private(set) var firedAt: Timestamp?
    /// nil while it is not over.
    private(set) var resolvedAt: Timestamp?
    private(set) var state: AlertState
    private(set) var severity: AlertSeverity
    /// Of the reading that it opened or last fired with.
    private(set) var subject: AlertSubject
    /// What was said when it last began to fire.
    private(set) var why: String
    /// Messages, as far as no silence and no inhibition kept them back.
    private(set) var messages = 0

    /// - Parameter transition: its first.
    init(_ transition: AlertTransition) {
        id = transition.alertID
        series = transition.fingerprint.series
        openedAt = transition.at
        (state, severity, why) = (transition.to, transition.severity, transition.why)
        subject = transition.subject
        take(transition)
    }

    mutating func take(_ transition: AlertTransition) {
        if transition.to.isActive, transition.from?.isActive != true {
            firedAt = transition.at
            why = transition.why
        }
        resolvedAt = transition.to == .resolved ? transition.at : nil
        (state, severity, subject) = (transition.to, transition.severity, transition.subject)
        if transition.isTold { messages += 1 }
    }

    /// Of what the detector found in that reading; infinite where it found nothing.
    var expected: ClosedRange<Double>? {
        guard let anomaly = subject.anomaly, anomaly.expectedLow <= anomaly.expectedHigh else { return nil }
        return anomaly.expectedLow...anomaly.expectedHigh
    }
}
