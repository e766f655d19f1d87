public import Model

/// The reading that an alert opened or fired with, as messages and tables show it.
public struct AlertSubject: Hashable, Sendable {
    /// When it was measured; of a silence, when it was noticed.
    public var time: Timestamp
    /// Nil where there is no reading, as of a silence.
    public var value: Double?
    public var unit: String
    /// A JSON object as text.
    public var location: String?
    /// What was found in it. Its row means nothing.
    public var anomaly: Anomaly?

    public init(
        time: Timestamp, value: Double? = nil, unit: String = "", location: String? = nil, anomaly: Anomaly? = nil
    ) {
        self.time = time
        self.value = value
        self.unit = unit
        self.location = location
        self.anomaly = anomaly
    }
}

extension AlertSubject {
    init(_ batch: ReadingBatch, row: Int) {
        self.init(
            time: Timestamp(microseconds: batch.timestamp[row]), value: batch.value[row],
            unit: batch.series(ofRow: row).unit, location: batch.location(ofRow: row))
    }

    func write(to writer: inout AlertStateWriter) {
        writer.append(time.microseconds)
        writer.append(value) { $0.append($1) }
        writer.append(unit)
        writer.append(location) { $0.append($1) }
        writer.append(anomaly) { $1.write(to: &$0) }
    }

    init(from reader: inout AlertStateReader) throws(UnreadableAlerts) {
        time = Timestamp(microseconds: try reader.integer())
        value = try reader.optional { reader throws(UnreadableAlerts) in try reader.double() }
        unit = try reader.text()
        location = try reader.optional { reader throws(UnreadableAlerts) in try reader.text() }
        anomaly = try reader.optional { reader throws(UnreadableAlerts) in try Anomaly(from: &reader) }
    }
}
