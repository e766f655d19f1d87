internal import Model

/// The form in a checkpoint. The series and the policy are not in it: whoever takes it back has them.
extension AlertMachine {
    /// - Parameter now: time goes on from here when the state is taken back; the time in between was nobody's to listen.
    func write(to writer: inout AlertStateWriter, now: Timestamp) {
        for text in [fingerprint.detector, alertID, why] { writer.append(text) }
        for number in [state.rawValue, belief.rawValue, told] { writer.append(number) }
        for flag in [isFlapping, isSpent, isInBreach] { writer.append(UInt8(flag ? 1 : 0)) }
        writer.append(ordinal)
        writer.append(recent)
        for time in [newest, openedAt, lastBreach, flippedAt, toldAt] { writer.append(time) }
        writer.append(max(0, now.microseconds.minus(heardAt)))
        writer.append(metSince) { $0.append($1) }
        writer.append(changes) { $0.append($1) }
        writer.append(owed) { $1.write(to: &$0) }
        subject.write(to: &writer)
    }

    init(
        from reader: inout AlertStateReader, _ series: SensorName, _ policy: (String) -> AlertPolicy, now: Timestamp
    ) throws(UnreadableAlerts) {
        let detector = try reader.text()
        self.init(AlertFingerprint(series: series, detector: detector), policy: policy(detector))
        alertID = try reader.text()
        why = try reader.text()
        state = try reader.one(of: AlertState.self)
        belief = try reader.one(of: Belief.self)
        told = try reader.integer()
        isFlapping = try reader.flag()
        isSpent = try reader.flag()
        isInBreach = try reader.flag()
        ordinal = try reader.integer()
        recent = try reader.integer()
        try readTimes(from: &reader, now)
        owed = try reader.optional { reader throws(UnreadableAlerts) in try Suppression(from: &reader) }
        subject = try AlertSubject(from: &reader)
    }

    private mutating func readTimes(from reader: inout AlertStateReader, _ now: Timestamp) throws(UnreadableAlerts) {
        newest = try reader.integer()
        openedAt = try reader.integer()
        lastBreach = try reader.integer()
        flippedAt = try reader.integer()
        toldAt = try reader.integer()
        heardAt = now.microseconds.minus(max(0, try reader.integer()))
        metSince = try reader.optional { reader throws(UnreadableAlerts) in try reader.integer() }
        changes = try reader.list { reader throws(UnreadableAlerts) in try reader.integer() }
        guard changes.count <= Self.changesKept else {
            throw UnreadableAlerts("\(changes.count) changes, and at most \(Self.changesKept) are kept")
        }
    }
}

extension Suppression {
    func write(to writer: inout AlertStateWriter) {
        switch self {
        case .silence(let id):
            writer.append(UInt8(0))
            writer.append(id)
        case .inhibition(let name, let alertID):
            writer.append(UInt8(1))
            writer.append(name)
            writer.append(alertID)
        }
    }

    init(from reader: inout AlertStateReader) throws(UnreadableAlerts) {
        let isInhibition = try reader.flag()
        let name = try reader.text()
        self = isInhibition ? .inhibition(name, by: try reader.text()) : .silence(name)
    }
}
