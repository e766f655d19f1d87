internal import Model

/// What keeps messages back now: the silences, and the inhibitions with the alerts that they go by.
struct AlertMuting: Sendable {
    var silences: [Silence] = []
    private(set) var inhibitions: [Inhibition] = []
    /// Firing alerts that some inhibition has as its source, by device.
    private var sources: [ExactText: [Source]] = [:]

    private struct Source {
        var fingerprint: AlertFingerprint
        var severity: AlertSeverity
        var alertID: String
    }

    /// Forgets the sources: those that fire now are to be noted again.
    mutating func replace(_ inhibitions: [Inhibition]) {
        self.inhibitions = inhibitions
        sources = [:]
    }

    /// A machine began or ceased to fire.
    mutating func note(_ machine: AlertMachine) {
        let (fingerprint, severity) = (machine.fingerprint, machine.policy.severity)
        guard inhibitions.contains(where: { $0.isSource(fingerprint, severity) }) else { return }
        forget(fingerprint)
        guard machine.state.isActive else { return }
        let source = Source(fingerprint: fingerprint, severity: severity, alertID: machine.alertID)
        sources[ExactText(fingerprint.device), default: []].append(source)
    }

    mutating func forget(_ fingerprint: AlertFingerprint) {
        let device = ExactText(fingerprint.device)
        guard var known = sources[device] else { return }
        known.removeAll { $0.fingerprint == fingerprint }
        sources[device] = known.isEmpty ? nil : known
    }

    /// What keeps a message about the alert back.
    func suppression(of machine: AlertMachine, at now: Timestamp) -> Suppression? {
        let (fingerprint, severity) = (machine.fingerprint, machine.policy.severity)
        if let silence = silences.first(where: { $0.isActive(at: now) && $0.matches(fingerprint, severity) }) {
            return .silence(silence.id)
        }
        guard let open = sources[ExactText(fingerprint.device)] else { return nil }
        for rule in inhibitions where rule.isTarget(fingerprint, severity) {
            if let source = open.first(where: { rule.isSource($0.fingerprint, $0.severity) }) {
                return .inhibition(rule.name, by: source.alertID)
            }
        }
        return nil
    }

    /// Whether what kept it back still does, without asking all the others.
    func isInForce(_ suppression: Suppression, on machine: AlertMachine, at now: Timestamp) -> Bool {
        let (fingerprint, severity) = (machine.fingerprint, machine.policy.severity)
        switch suppression {
        case .silence(let id):
            return silences.contains { $0.id == id && $0.isActive(at: now) && $0.matches(fingerprint, severity) }
        case .inhibition(let name, let alertID):
            let isOpen = sources[ExactText(fingerprint.device)]?.contains { $0.alertID == alertID } ?? false
            return isOpen && inhibitions.contains { $0.name == name && $0.isTarget(fingerprint, severity) }
        }
    }
}
