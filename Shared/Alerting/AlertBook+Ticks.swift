public import Model

extension AlertBook {
    /// What acknowledging an alert came to.
    public enum Acknowledgement: Hashable, Sendable {
        case acknowledged
        /// It is pending, over, or somebody else has it in hand.
        case notFiring(AlertState)
        /// This owner has no such alert, or has none any more.
        case unknown
    }

    /// What time brings about: alerts of silent series end, reminders, messages that nothing keeps back any more. Once a second will do.
    ///
    /// - Parameter isOwned: whether the series of a slot is this owner's now; others are left alone.
    public mutating func tick(
        _ now: Timestamp, where isOwned: (Int32) -> Bool = { _ in true }, into transitions: inout [AlertTransition]
    ) {
        for place in open.indices.reversed() where isOwned(open[place].slot) {
            for index in open[place].machines.indices.reversed() { tick(place, index, now, &transitions) }
            if open[place].isOver { removePlace(place) }
        }
    }

    private mutating func tick(_ place: Int, _ index: Int, _ now: Timestamp, _ transitions: inout [AlertTransition]) {
        let before = transitions.count
        open[place].machines[index].tick(now, into: &transitions)
        mayUnmute(place, index, now, &transitions)
        record(place, index, transitions: &transitions, from: before, now: now)
        if open[place].machines[index].isOver(at: open[place].machines[index].projected(now)) {
            open[place].machines.remove(at: index)
        }
    }

    /// Nobody waits any more for what would end the alerts of a series.
    public mutating func giveUp(
        slot: Int32, because why: String, now: Timestamp, into transitions: inout [AlertTransition]
    ) {
        guard let place = place(ofSlot: slot) else { return }
        for index in open[place].machines.indices where open[place].machines[index].state != .resolved {
            let before = transitions.count
            open[place].machines[index].end(.expired, at: now.microseconds, why, &transitions)
            record(place, index, transitions: &transitions, from: before, now: now)
        }
    }

    /// Somebody has an alert in hand.
    ///
    /// - Parameters:
    ///   - actor: who.
    ///   - note: empty when there is nothing to say about it.
    public mutating func acknowledge(
        _ alertID: String, by actor: String, note: String = "", at now: Timestamp,
        where isOwned: (Int32) -> Bool = { _ in true }, into transitions: inout [AlertTransition]
    ) -> Acknowledgement {
        for place in open.indices where isOwned(open[place].slot) {
            guard let index = open[place].machines.firstIndex(where: { $0.alertID == alertID }) else { continue }
            let before = transitions.count
            guard open[place].machines[index].acknowledge(by: actor, note: note, at: now, into: &transitions) else {
                return .notFiring(open[place].machines[index].state)
            }
            record(place, index, transitions: &transitions, from: before, now: now)
            return .acknowledged
        }
        return .unknown
    }
}
