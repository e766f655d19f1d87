internal import Model

extension AlertBook {
    /// Looked at when there is something to tell, and at each tick for alerts that were kept back.
    public var silences: [Silence] {
        get { muting.silences }
        set { muting.silences = newValue }
    }

    public var inhibitions: [Inhibition] {
        get { muting.inhibitions }
        set {
            muting.replace(newValue)
            noteSources()
        }
    }

    mutating func noteSources() {
        muting.replace(muting.inhibitions)
        for series in open {
            for machine in series.machines where machine.state.isActive { muting.note(machine) }
        }
    }

    /// Decides on the messages of a machine's new transitions, and keeps these until they are settled.
    @inline(__always)
    mutating func record(
        _ place: Int, _ index: Int, transitions: inout [AlertTransition], from first: Int, now: Timestamp
    ) {
        guard first < transitions.count else { return }
        for new in first..<transitions.count where transitions[new].isTold {
            let suppression = muting.suppression(of: open[place].machines[index], at: now)
            open[place].machines[index].tell(suppression, now: now)
            if let suppression { transitions[new].telling = .suppressed(suppression) }
        }
        muting.note(open[place].machines[index])
        open[place].unsettled.append(contentsOf: transitions[first...])
    }

    /// Tells of an alert that was kept back, when nothing keeps it back any more.
    mutating func mayUnmute(
        _ place: Int, _ index: Int, _ now: Timestamp, _ transitions: inout [AlertTransition]
    ) {
        if case .silence = open[place].machines[index].owed, !knowsSilences { return }
        guard let owed = open[place].machines[index].owed, open[place].machines[index].stillFires,
            !muting.isInForce(owed, on: open[place].machines[index], at: now)
        else { return }
        if let other = muting.suppression(of: open[place].machines[index], at: now) {
            open[place].machines[index].tell(other, now: now)
        } else {
            open[place].machines[index].unmute(at: now, into: &transitions)
        }
    }
}
