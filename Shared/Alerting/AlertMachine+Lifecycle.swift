internal import Model

/// From pending to firing to resolved.
extension AlertMachine {
    /// Begins a new alert, or the old one again.
    mutating func open(_ time: Int64, _ eventID: String) {
        if !resumes(at: time) {
            alertID = "\(eventID)-\(fingerprint.detector)"
            (ordinal, told, belief, isSpent) = (0, 0, .nothing, false)
            openedAt = time
        }
        (recent, metSince, owed) = (1, nil, nil)
    }

    /// Whether what fires now is the same alert.
    private func resumes(at time: Int64) -> Bool {
        guard !isSpent, let end = changes.last, time.minus(end) < timing.flapWindow else { return false }
        // Who was told that it is over must hear that it is not.
        return belief != .over || told < timing.messageLimit
    }

    /// Fires when there are enough breaches, for long enough.
    mutating func rise(_ time: Int64, _ anomaly: Anomaly, _ transitions: inout [AlertTransition]) {
        if isMet { metSince = metSince ?? time } else { metSince = nil }
        if let metSince, time.minus(metSince) >= timing.pendingFor { return fire(time, anomaly, &transitions) }
        guard state == .resolved else { return }
        why = anomaly.why
        emit(.breached, to: .pending, at: time, why, .quiet(.pending), anomaly, &transitions)
    }

    private var isMet: Bool { (recent & timing.window).nonzeroBitCount >= timing.minBreaches }

    private mutating func fire(_ time: Int64, _ anomaly: Anomaly, _ transitions: inout [AlertTransition]) {
        change(at: time)
        isFlapping = changes.count >= timing.flapChanges
        why = anomaly.why
        let sentence = isFlapping ? "\(why); \(flapWords)" : why
        let cause = isFlapping ? AlertCause.flapping : .fired
        emit(cause, to: .firing, at: time, sentence, wishToFire, anomaly, &transitions)
    }

    mutating func mayFade(_ time: Int64, _ transitions: inout [AlertTransition]) {
        if !isMet { metSince = nil }
        guard recent & timing.window == 0 else { return }
        let sentence = "did not last: the last breach was \(words(since: lastBreach, at: time)) ago"
        emit(.cleared, to: .resolved, at: time, sentence, .quiet(.pending), nil, &transitions)
    }

    mutating func clear(_ time: Int64, _ transitions: inout [AlertTransition]) {
        end(.cleared, at: time, "no anomaly for \(words(since: lastBreach, at: time))", &transitions)
    }

    /// What fired is over.
    mutating func end(
        _ cause: AlertCause, at time: Int64, _ sentence: String, _ transitions: inout [AlertTransition]
    ) {
        // Having been steady for so long, it begins anew: people are told of the next one.
        if isFlapping { (isSpent, changes) = (true, []) }
        isFlapping = false
        change(at: time)
        emit(cause, to: .resolved, at: time, sentence, wishToEnd, nil, &transitions)
        owed = nil
    }

    /// Another alert of the same fingerprint goes on in its place.
    mutating func supersede(by alertID: String, into transitions: inout [AlertTransition]) {
        guard state != .resolved else { return }
        let sentence = "the saved state has alert \(alertID) of the same detector, which goes on"
        emit(.superseded, to: .resolved, at: newest, sentence, .quiet(.known), nil, &transitions)
    }

    func words(since start: Int64, at time: Int64) -> String {
        Duration.microseconds(max(0, time.minus(start))).words
    }

    /// - Parameter wish: ``AlertTelling/told`` where people are to be told unless something keeps it back: whoever owns the machine
    ///   answers with ``tell(_:now:)``.
    mutating func emit(
        _ cause: AlertCause, to next: AlertState, at time: Int64, _ sentence: String, _ wish: AlertTelling,
        _ anomaly: Anomaly?, _ transitions: inout [AlertTransition]
    ) {
        let from = ordinal == 0 ? nil : state
        ordinal &+= 1
        state = next
        transitions.append(
            AlertTransition(
                alertID: alertID, ordinal: ordinal, fingerprint: fingerprint, from: from, to: next,
                at: Timestamp(microseconds: time), cause: cause, why: sentence, severity: policy.severity,
                telling: wish, anomaly: anomaly, subject: subject))
    }
}
