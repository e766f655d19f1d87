public import Model

/// One series' alerts, as they are kept with the state of its detectors.
extension AlertBook {
    private static let version: UInt8 = 1

    /// Empty for a series of which there is nothing to remember.
    ///
    /// Version (1 byte), number of machines (4) and each, number of transitions that are not settled (4) and each; about 300 bytes
    /// each.
    public func exportState(slot: Int32, now: Timestamp) -> [UInt8] {
        guard let place = place(ofSlot: slot) else { return [] }
        var writer = AlertStateWriter()
        writer.append(Self.version)
        writer.append(open[place].machines) { $1.write(to: &$0, now: now) }
        writer.append(open[place].unsettled) { $1.write(to: &$0) }
        return writer.bytes
    }

    /// Takes a state back. Time since it was saved was nobody's to listen, and does not count as silence.
    ///
    /// Where the series has an alert of the same detector already, since it began before its state could be had, the saved one
    /// goes on and the other is superseded.
    ///
    /// - Throws: ``UnreadableAlerts``; the series is then as it was.
    public mutating func importState(
        _ state: [UInt8], slot: Int32, _ series: SensorName, now: Timestamp, into transitions: inout [AlertTransition]
    ) throws(UnreadableAlerts) {
        guard !state.isEmpty else { return }
        var reader = AlertStateReader(state)
        let version = try reader.integer(UInt8.self)
        guard version == Self.version else { throw UnreadableAlerts("it is of version \(version)") }
        let policy = self.policy(of:)
        let machines = try reader.list { reader throws(UnreadableAlerts) in
            try AlertMachine(from: &reader, series, policy, now: now)
        }
        let unsettled = try reader.list { reader throws(UnreadableAlerts) in
            try AlertTransition(from: &reader, series)
        }
        guard reader.isAtEnd else { throw UnreadableAlerts("something comes after its end") }
        guard Set(machines.map(\.fingerprint)).count == machines.count else {
            throw UnreadableAlerts("it has two alerts of one detector")
        }
        adopt(machines, unsettled, makePlace(series, slot: slot), now, &transitions)
    }

    private mutating func adopt(
        _ machines: [AlertMachine], _ unsettled: [AlertTransition], _ place: Int, _ now: Timestamp,
        _ transitions: inout [AlertTransition]
    ) {
        let known = Set(open[place].unsettled.map(\.id))
        open[place].unsettled.insert(contentsOf: unsettled.filter { !known.contains($0.id) }, at: 0)
        for machine in machines {
            if let index = open[place].index(of: machine.fingerprint.detector) {
                supersede(place, index, by: machine, now, &transitions)
            } else {
                open[place].machines.append(machine)
            }
            muting.note(machine)
        }
        if open[place].isOver { removePlace(place) }
    }

    private mutating func supersede(
        _ place: Int, _ index: Int, by machine: AlertMachine, _ now: Timestamp,
        _ transitions: inout [AlertTransition]
    ) {
        let before = transitions.count
        if open[place].machines[index].alertID != machine.alertID {
            open[place].machines[index].supersede(by: machine.alertID, into: &transitions)
            record(place, index, transitions: &transitions, from: before, now: now)
        }
        open[place].machines[index] = machine
    }

    /// Forgets a series, whose slot becomes another's: its checkpoint has it all.
    public mutating func reset(slot: Int32) {
        guard let place = place(ofSlot: slot) else { return }
        for machine in open[place].machines { muting.forget(machine.fingerprint) }
        removePlace(place)
    }

    /// Transitions that nobody has confirmed to be stored, oldest first: to be sent again after a restart.
    public func unsettled(slot: Int32) -> [AlertTransition] {
        place(ofSlot: slot).map { open[$0].unsettled } ?? []
    }

    /// Transitions are stored for good, or are with whoever makes sure of that.
    ///
    /// - Parameter ids: ``AlertTransition/id``.
    public mutating func settle(_ ids: Set<String>, slot: Int32) {
        guard let place = place(ofSlot: slot) else { return }
        open[place].unsettled.removeAll { ids.contains($0.id) }
        if open[place].isOver { removePlace(place) }
    }
}
