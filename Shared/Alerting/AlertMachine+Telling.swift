public import Model

/// Who knows what.
extension AlertMachine {
    /// What people believe who read nothing but the messages.
    enum Belief: UInt8, Hashable, Sendable {
        case nothing
        case firing
        case over
    }

    /// Messages that are left while one is kept for the end.
    private var mayInsist: Bool { timing.messageLimit - min(told, timing.messageLimit) >= 2 }

    var wishToFire: AlertTelling {
        guard belief == .firing else { return .told }
        return isFlapping && mayInsist ? .told : .quiet(.known)
    }

    /// Asked when it is resolved already.
    var wishToEnd: AlertTelling {
        if belief == .firing { return told < timing.messageLimit ? .told : .quiet(.limit) }
        return owed.map(AlertTelling.suppressed) ?? .quiet(.untold)
    }

    /// Whether it is time to say again that it fires.
    func isReminderDue(at now: Timestamp) -> Bool {
        guard state == .firing, belief == .firing, owed == nil, mayInsist, let interval = timing.repeatInterval else {
            return false
        }
        return now.microseconds.minus(toldAt) >= interval
    }

    /// People are told of the last transition, or `suppression` keeps it from them.
    public mutating func tell(_ suppression: Suppression?, now: Timestamp) {
        guard let suppression else {
            told = told == .max ? told : told + 1
            toldAt = now.microseconds
            belief = state.isActive ? .firing : .over
            owed = nil
            return
        }
        if state == .firing { owed = suppression }
    }

    /// Whether it can be said that it fires on: a silence that has ended only waits for its end to be sure.
    var stillFires: Bool { state == .firing && (isInBreach || !timing.isAbsence) }

    /// What kept the message back is over.
    mutating func unmute(at now: Timestamp, into transitions: inout [AlertTransition]) {
        guard let owed, state == .firing else { return }
        let sentence = "\(owed) is over, and it still fires: \(why)"
        emit(.unmuted, to: .firing, at: now.microseconds, sentence, .told, nil, &transitions)
    }

    /// Somebody has it in hand. It is not said again, and its end is told.
    ///
    /// - Returns: whether it was firing; otherwise nothing changes.
    public mutating func acknowledge(
        by actor: String, note: String, at: Timestamp, into transitions: inout [AlertTransition]
    ) -> Bool {
        guard state == .firing else { return false }
        let sentence = note.isEmpty ? "acknowledged by \(actor)" : note
        emit(.acknowledged, to: .acknowledged, at: at.microseconds, sentence, .quiet(.known), nil, &transitions)
        transitions[transitions.count - 1].actor = actor
        owed = nil
        return true
    }
}
