public import Model

extension AlertBook {
    /// The record has another open alert of the same fingerprint, which goes on in the place of ours: nobody is told of ours, and what
    /// comes next is told of the other.
    ///
    /// - Parameters:
    ///   - alertID: ours; when it is not open here any more, nothing happens.
    ///   - ordinal: of the other's last transition.
    public mutating func yield(_ alertID: String, to other: String, ordinal: UInt32, slot: Int32) {
        guard let place = place(ofSlot: slot) else { return }
        open[place].unsettled.removeAll { $0.alertID == alertID }
        for index in open[place].machines.indices where open[place].machines[index].alertID == alertID {
            open[place].machines[index].goOn(as: other, ordinal: ordinal)
            muting.note(open[place].machines[index])
        }
        if open[place].isOver { removePlace(place) }
    }

    /// The slots with transitions that nobody has confirmed to be stored.
    public var unsettledSlots: [Int32] { open.filter { !$0.unsettled.isEmpty }.map(\.slot) }

    /// Takes up an alert that the record has as open and of which no state is left here. It fires on until readings or time end it.
    public mutating func restore(
        _ fingerprint: AlertFingerprint, alertID: String, ordinal: UInt32, state: AlertState, why: String,
        subject: AlertSubject, slot: Int32, now: Timestamp
    ) {
        guard state != .resolved else { return }
        let place = makePlace(fingerprint.series, slot: slot)
        guard open[place].index(of: fingerprint.detector) == nil else { return }
        var machine = AlertMachine(fingerprint, policy: policy(of: fingerprint.detector))
        machine.restore(alertID, ordinal, state, why, subject, now)
        open[place].machines.append(machine)
        muting.note(machine)
    }
}

extension AlertMachine {
    mutating func goOn(as other: String, ordinal: UInt32) {
        alertID = other
        self.ordinal = ordinal
        // Ours is over already: the other one is to end, too, by the next look at the clock.
        if state == .resolved { (state, belief, isInBreach, isSpent) = (.firing, .firing, false, false) }
    }

    fileprivate mutating func restore(
        _ alertID: String, _ ordinal: UInt32, _ state: AlertState, _ why: String, _ subject: AlertSubject,
        _ now: Timestamp
    ) {
        (self.alertID, self.ordinal, self.state, self.why, self.subject) = (alertID, ordinal, state, why, subject)
        // People have been told of it, and are told of its end.
        (belief, told, isSpent, isInBreach, recent) = (state == .pending ? .nothing : .firing, 1, false, true, 1)
        let time = min(subject.time.microseconds, now.microseconds)
        (newest, openedAt, lastBreach, flippedAt) = (time, time, time, time)
        (heardAt, toldAt) = (now.microseconds, now.microseconds)
        if state.isActive { changes = [time] }
    }
}
