internal import Alerting
internal import IOLoop
internal import Model
internal import PostgreSQL

/// Reads and writes rows of `alerts`.
@IOThread
struct AlertRows {
    let connection: PostgreSQLConnection

    /// In the order in which `AlertRecord.init(_:_:)` reads them.
    nonisolated static let columns = """
        a.alert_id, a.time, a.device_id, a.sensor_type, a.detector, a.value, a.unit, a.score, a.threshold, a.expected_low,
        a.expected_high, a.why, a.location, a.event_id, a.state, a.severity, a.ordinal, a.changed_at, a.fired_at,
        a.acknowledged_at, a.acknowledged_by, a.resolved_at, a.suppressed_by, a.created_at
        """

    /// - Parameter statement: selects ``columns``.
    func read(_ statement: PreparedStatement, _ arguments: [PostgreSQLParameter]) async throws -> [AlertRecord] {
        let rows = try await connection.query(statement, arguments)
        return try (0..<rows.count).map { try AlertRecord(rows, $0) }
    }

    /// One of these ids, or open and of one of these fingerprints.
    func concerned(by transitions: [AlertTransition]) async throws -> [AlertRecord] {
        let ids = Set(transitions.map { ExactText($0.alertID) }).map { $0.text as String? }
        let fingerprints = Array(Set(transitions.map(\.fingerprint)))
        return try await read(
            Self.concerned,
            [
                .texts(ids), .texts(fingerprints.map(\.device)), .texts(fingerprints.map(\.sensor)),
                .texts(fingerprints.map(\.detector)),
            ])
    }

    private nonisolated static let concerned = PreparedStatement(
        name: "alerts concerned",
        sql: """
            SELECT \(columns) FROM alerts a WHERE alert_id = ANY ($1)
            UNION ALL
            SELECT \(columns) FROM unnest($2, $3, $4) AS f (device_id, sensor_type, detector)
            JOIN alerts a USING (device_id, sensor_type, detector)
            WHERE a.state <> 'resolved' AND alert_id <> ALL ($1)
            """)

    func write(_ records: [AlertRecord]) async throws {
        guard !records.isEmpty else { return }
        try await connection.query(Self.upsert, Self.parameters(records))
    }

    private nonisolated static let upsert = PreparedStatement(
        name: "store alerts' states",
        sql: """
            INSERT INTO alerts (
                alert_id, time, device_id, sensor_type, detector, value, unit, score, threshold, expected_low, expected_high,
                why, location, event_id, state, severity, ordinal, changed_at, fired_at, acknowledged_at, acknowledged_by,
                resolved_at, suppressed_by)
            SELECT id, time, device, sensor, detector, value, unit, score, threshold, low, high, why, jsonb_or_null(location),
                event_id, state, severity, ordinal, changed_at, fired_at, acknowledged_at, acknowledged_by, resolved_at,
                suppressed_by
            FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
                AS r (id, time, device, sensor, detector, value, unit, score, threshold, low, high, why, location, event_id,
                    state, severity, ordinal, changed_at, fired_at, acknowledged_at, acknowledged_by, resolved_at, suppressed_by)
            ON CONFLICT (alert_id) DO UPDATE SET
                (time, value, unit, score, threshold, expected_low, expected_high, why, location, state, severity, ordinal,
                    changed_at, fired_at, acknowledged_at, acknowledged_by, resolved_at, suppressed_by)
                = (excluded.time, excluded.value, excluded.unit, excluded.score, excluded.threshold, excluded.expected_low,
                    excluded.expected_high, excluded.why, excluded.location, excluded.state, excluded.severity, excluded.ordinal,
                    excluded.changed_at, excluded.fired_at, excluded.acknowledged_at, excluded.acknowledged_by,
                    excluded.resolved_at, excluded.suppressed_by)
            """)

    private nonisolated static func parameters(_ records: [AlertRecord]) -> [PostgreSQLParameter] {
        [
            .texts(records.map(\.id)), .timestamps(records.map(\.time)), .texts(records.map(\.device)),
            .texts(records.map(\.sensor)), .texts(records.map(\.detector)), .doubles(records.map(\.value)),
            .texts(records.map(\.unit)), .doubles(records.map(\.score)), .doubles(records.map(\.threshold)),
            .doubles(records.map(\.expectedLow)), .doubles(records.map(\.expectedHigh)), .texts(records.map(\.why)),
            .texts(records.map(\.location)), .texts(records.map(\.eventID)), .texts(records.map(\.state.name)),
            .texts(records.map(\.severity.name)), .int64s(records.map { Int64($0.ordinal) }),
            .timestamps(records.map(\.changedAt)), .timestamps(records.map(\.firedAt)),
            .timestamps(records.map(\.acknowledgedAt)), .texts(records.map(\.acknowledgedBy)),
            .timestamps(records.map(\.resolvedAt)), .texts(records.map { $0.suppressedBy?.storable }),
        ]
    }
}

extension AlertRecord {
    /// - Throws: ``UnreadableAlertRecord``
    fileprivate init(_ rows: PostgreSQLRows, _ row: Int) throws {
        let id = rows.text(row, 0)
        self.init(
            id: id, time: rows.timestamp(row, 1), device: rows.text(row, 2), sensor: rows.text(row, 3),
            detector: rows.text(row, 4), value: rows.optionalDouble(row, 5), unit: rows.text(row, 6),
            score: rows.optionalDouble(row, 7), threshold: rows.optionalDouble(row, 8),
            expectedLow: rows.optionalDouble(row, 9), expectedHigh: rows.optionalDouble(row, 10),
            why: rows.text(row, 11), location: rows.optionalText(row, 12), eventID: rows.text(row, 13),
            state: try AlertState(named: rows.text(row, 14), of: id),
            severity: try AlertSeverity(named: rows.text(row, 15), of: id),
            ordinal: UInt32(clamping: rows.integer(row, 16)), changedAt: rows.timestamp(row, 17),
            firedAt: rows.optionalTimestamp(row, 18), acknowledgedAt: rows.optionalTimestamp(row, 19),
            acknowledgedBy: rows.optionalText(row, 20), resolvedAt: rows.optionalTimestamp(row, 21),
            suppressedBy: rows.optionalText(row, 22), createdAt: rows.timestamp(row, 23))
    }
}

extension PostgreSQLRows {
    func optionalDouble(_ row: Int, _ column: Int) -> Double? { isNull(row, column) ? nil : double(row, column) }
    func optionalTimestamp(_ row: Int, _ column: Int) -> Timestamp? {
        isNull(row, column) ? nil : timestamp(row, column)
    }
}

extension AlertState {
    init(named name: String, of alertID: String) throws(UnreadableAlertRecord) {
        guard let state = Self.allCases.first(where: { $0.name == name }) else {
            throw UnreadableAlertRecord(alertID: alertID, what: "'\(name)' is no state")
        }
        self = state
    }
}

extension AlertSeverity {
    init(named name: String, of alertID: String) throws(UnreadableAlertRecord) {
        guard let severity = AlertSeverity(name: name) else {
            throw UnreadableAlertRecord(alertID: alertID, what: "'\(name)' is no severity")
        }
        self = severity
    }
}

/// A row that a later version, or somebody's hand, wrote.
public struct UnreadableAlertRecord: Error, Hashable, Sendable, CustomStringConvertible {
    public var alertID: String
    public var what: String
    public var isRetriable: Bool { false }

    public var description: String { "cannot read what is recorded of alert \(alertID): \(what)" }
}
