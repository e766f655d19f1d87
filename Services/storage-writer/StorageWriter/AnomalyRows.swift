internal import IOLoop
internal import Model
internal import PostgreSQL

/// Anomalies into their table. Writing one twice changes nothing.
@IOThread
struct AnomalyRows {
    let connection: PostgreSQLConnection

    /// Returns the anomalies that PostgreSQL refused; their readings are stored all the same.
    func store(_ batches: [ReadingBatch]) async throws -> [RowIsolation.Refusal] {
        // Sorted, so that two writers insert in one order.
        let anomalies = batches.flatMap(\.storableAnomalies).sorted { $0.alert.id < $1.alert.id }
        return try await RowIsolation(connection: connection).store(anomalies.indices) { range in
            try await connection.query(Self.insert, Self.columns(anomalies[range]))
        }
    }

    private static func columns(_ anomalies: ArraySlice<StorableAnomaly>) -> [PostgreSQLParameter] {
        [
            .texts(anomalies.map(\.alert.id)), .timestamps(anomalies.map(\.alert.timestamp)),
            .texts(anomalies.map(\.alert.device)), .texts(anomalies.map(\.alert.sensor)),
            .texts(anomalies.map(\.alert.anomaly.detector)), .doubles(anomalies.map(\.alert.value)),
            .texts(anomalies.map(\.alert.unit)), .doubles(anomalies.map(\.alert.anomaly.score)),
            .doubles(anomalies.map(\.alert.anomaly.threshold)), .doubles(anomalies.map(\.alert.anomaly.expectedLow)),
            .doubles(anomalies.map(\.alert.anomaly.expectedHigh)),
            .texts(anomalies.map(\.alert.anomaly.why.storable)), .jsons(anomalies.map(\.alert.location)),
            .texts(anomalies.map(\.eventID)),
        ]
    }

    private nonisolated static let insert = PreparedStatement(
        name: "store anomalies",
        sql: """
            INSERT INTO anomalies (
                anomaly_id, time, device_id, sensor_type, detector, value, unit, score, threshold, expected_low,
                expected_high, why, location, event_id)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT DO NOTHING
            """)
}

private struct StorableAnomaly {
    /// The anomaly with its reading.
    var alert: Alert
    var eventID: String
}

extension ReadingBatch {
    fileprivate var storableAnomalies: [StorableAnomaly] {
        zip(alerts, anomalies).map { StorableAnomaly(alert: $0, eventID: eventID(ofRow: Int($1.row))) }
    }
}
