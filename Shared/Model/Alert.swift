/// An anomaly with the reading that it was found on, as it leaves Sluice.
public struct Alert: Hashable, Sendable {
    /// `<producer>-<sequence>-<position>-<detector>`: the same however often the batch is delivered.
    public var id: String
    public var device: String
    public var sensor: String
    public var unit: String
    public var value: Double
    /// When it was measured.
    public var timestamp: Timestamp
    public var anomaly: Anomaly
    /// JSON object of names to numbers, as text.
    public var location: String?

    public init(
        id: String, device: String, sensor: String, unit: String, value: Double, timestamp: Timestamp,
        anomaly: Anomaly, location: String?
    ) {
        self.id = id
        self.device = device
        self.sensor = sensor
        self.unit = unit
        self.value = value
        self.timestamp = timestamp
        self.anomaly = anomaly
        self.location = location
    }
}

extension ReadingBatch {
    /// One alert for each anomaly, in row order.
    public var alerts: [Alert] {
        anomalies.map { anomaly in
            let row = Int(anomaly.row)
            let series = series(ofRow: row)
            return Alert(
                id: "\(eventID(ofRow: row))-\(anomaly.detector)", device: series.device, sensor: series.sensor,
                unit: series.unit, value: value[row], timestamp: Timestamp(microseconds: timestamp[row]),
                anomaly: anomaly, location: location(ofRow: row))
        }
    }
}
