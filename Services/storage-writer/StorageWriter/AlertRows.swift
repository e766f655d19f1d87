internal import IOLoop
internal import Model
internal import PostgreSQL

/// Alerts into their table. Writing one twice changes nothing.
@IOThread
struct AlertRows {
    let connection: PostgreSQLConnection

    /// Returns the alerts that PostgreSQL refused; their readings are stored all the same.
    func store(_ batches: [ReadingBatch]) async throws -> [RowIsolation.Refusal] {
        // Sorted, so that two writers insert in one order.
        let alerts = batches.flatMap(\.storableAlerts).sorted { $0.alert.id < $1.alert.id }
        return try await RowIsolation(connection: connection).store(alerts.indices) { range in
            try await connection.query(Self.insert, Self.columns(alerts[range]))
        }
    }

    private static func columns(_ alerts: ArraySlice<StorableAlert>) -> [PostgreSQLParameter] {
        [
            .texts(alerts.map(\.alert.id)), .timestamps(alerts.map(\.alert.timestamp)),
            .texts(alerts.map(\.alert.device)), .texts(alerts.map(\.alert.sensor)),
            .texts(alerts.map(\.alert.anomaly.detector)), .doubles(alerts.map(\.alert.value)),
            .texts(alerts.map(\.alert.unit)), .doubles(alerts.map(\.alert.anomaly.score)),
            .doubles(alerts.map(\.alert.anomaly.threshold)), .doubles(alerts.map(\.alert.anomaly.expectedLow)),
            .doubles(alerts.map(\.alert.anomaly.expectedHigh)), .texts(alerts.map(\.alert.anomaly.why.storable)),
            .jsons(alerts.map(\.alert.location)), .texts(alerts.map(\.eventID)),
        ]
    }

    private nonisolated static let insert = PreparedStatement(
        name: "store alerts",
        sql: """
            INSERT INTO alerts (
                alert_id, time, device_id, sensor_type, detector, value, unit, score, threshold, expected_low,
                expected_high, why, location, event_id)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT DO NOTHING
            """)
}

private struct StorableAlert {
    var alert: Alert
    var eventID: String
}

extension ReadingBatch {
    fileprivate var storableAlerts: [StorableAlert] {
        zip(alerts, anomalies).map { StorableAlert(alert: $0, eventID: eventID(ofRow: Int($1.row))) }
    }
}
