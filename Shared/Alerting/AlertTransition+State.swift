internal import Model

/// The form in a checkpoint, without the series: whoever takes it back has it.
extension AlertTransition {
    func write(to writer: inout AlertStateWriter) {
        for text in [fingerprint.detector, alertID, why] { writer.append(text) }
        writer.append(ordinal)
        writer.append(from) { $0.append($1.rawValue) }
        for number in [to.rawValue, cause.rawValue, severity.rawValue] { writer.append(number) }
        writer.append(at.microseconds)
        telling.write(to: &writer)
        writer.append(actor) { $0.append($1) }
        writer.append(anomaly) { $1.write(to: &$0) }
        subject.write(to: &writer)
    }

    init(from reader: inout AlertStateReader, _ series: SensorName) throws(UnreadableAlerts) {
        fingerprint = AlertFingerprint(series: series, detector: try reader.text())
        alertID = try reader.text()
        why = try reader.text()
        ordinal = try reader.integer()
        from = try reader.optional { reader throws(UnreadableAlerts) in try reader.one(of: AlertState.self) }
        to = try reader.one(of: AlertState.self)
        cause = try reader.one(of: AlertCause.self)
        severity = try reader.one(of: AlertSeverity.self)
        at = Timestamp(microseconds: try reader.integer())
        telling = try AlertTelling(from: &reader)
        actor = try reader.optional { reader throws(UnreadableAlerts) in try reader.text() }
        anomaly = try reader.optional { reader throws(UnreadableAlerts) in try Anomaly(from: &reader) }
        subject = try AlertSubject(from: &reader)
    }
}

extension AlertTelling {
    fileprivate func write(to writer: inout AlertStateWriter) {
        switch self {
        case .told: writer.append(UInt8(0))
        case .suppressed(let suppression):
            writer.append(UInt8(1))
            suppression.write(to: &writer)
        case .quiet(let why):
            writer.append(UInt8(2))
            writer.append(why.rawValue)
        }
    }

    fileprivate init(from reader: inout AlertStateReader) throws(UnreadableAlerts) {
        switch try reader.integer(UInt8.self) {
        case 0: self = .told
        case 1: self = .suppressed(try Suppression(from: &reader))
        case 2: self = .quiet(try reader.one(of: Quiet.self))
        case let other: throw UnreadableAlerts("\(other) is no way of telling")
        }
    }
}
