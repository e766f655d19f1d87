internal import Alerting
internal import IOLoop
internal import Model
internal import PostgreSQL

/// Reads and writes rows of `alert_transitions`. Writing one twice changes nothing.
@IOThread
struct TransitionRows {
    let connection: PostgreSQLConnection

    /// Ascending.
    func read(of alertID: String) async throws -> [TransitionRecord] {
        let rows = try await connection.query(Self.select, [.text(alertID)])
        return try (0..<rows.count).map { try TransitionRecord(rows, $0, of: alertID) }
    }

    private nonisolated static let select = PreparedStatement(
        name: "alert's transitions",
        sql: """
            SELECT ordinal, from_state, to_state, at, cause, why, severity, telling, suppressed_by, actor, note
            FROM alert_transitions WHERE alert_id = $1 ORDER BY ordinal
            """)

    /// - Precondition: their alerts are there.
    func write(_ transitions: [AlertTransition]) async throws {
        guard !transitions.isEmpty else { return }
        try await connection.query(
            Self.insert,
            [
                .texts(transitions.map(\.alertID)), .int64s(transitions.map { Int64($0.ordinal) }),
                .texts(transitions.map { $0.from?.name }), .texts(transitions.map(\.to.name)),
                .timestamps(transitions.map(\.at)), .texts(transitions.map(\.cause.name)),
                .texts(transitions.map(\.why)), .texts(transitions.map(\.severity.name)),
                .texts(transitions.map(\.telling.name)),
                .texts(transitions.map { $0.suppressedBy?.description.storable }), .texts(transitions.map(\.actor)),
            ])
    }

    private nonisolated static let insert = PreparedStatement(
        name: "store alert transitions",
        sql: """
            INSERT INTO alert_transitions (
                alert_id, ordinal, from_state, to_state, at, cause, why, severity, telling, suppressed_by, actor)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (alert_id, ordinal) DO NOTHING
            """)
}

extension TransitionRecord {
    fileprivate init(_ rows: PostgreSQLRows, _ row: Int, of alertID: String) throws {
        self.init(
            ordinal: UInt32(clamping: rows.integer(row, 0)),
            from: try rows.optionalText(row, 1).map { try AlertState(named: $0, of: alertID) },
            to: try AlertState(named: rows.text(row, 2), of: alertID), at: rows.timestamp(row, 3),
            cause: rows.optionalText(row, 4), why: rows.optionalText(row, 5),
            severity: try rows.optionalText(row, 6).map { try AlertSeverity(named: $0, of: alertID) },
            telling: rows.optionalText(row, 7), suppressedBy: rows.optionalText(row, 8),
            actor: rows.optionalText(row, 9), note: rows.optionalText(row, 10))
    }
}
