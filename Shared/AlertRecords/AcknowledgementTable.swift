public import Alerting
public import IOLoop
public import Model
public import PostgreSQL

/// That somebody has an alert in hand, as asked for and not yet known to the alert's owner.
public struct Acknowledgement: Hashable, Sendable {
    public var alertID: String
    public var actor: String
    /// Empty when there is nothing to say.
    public var note: String
    public var askedAt: Timestamp
}

/// `alert_acknowledgements`: people ask here, and the detector that owns the alert takes it from here.
///
/// All methods throw ``PostgreSQLError``.
@IOThread
public struct AcknowledgementTable {
    let connection: PostgreSQLConnection

    public init(connection: PostgreSQLConnection) {
        self.connection = connection
    }

    /// Asking again is harmless, and changes the note as long as nobody has taken it.
    ///
    /// - Throws: ``UnknownAlert``, ``AlertNotFiring``, ``AcknowledgementPending``.
    public func ask(_ alertID: String, by actor: String, note: String) async throws {
        let rows = try await connection.query(
            Self.ask, [.text(alertID.storable), .text(actor.storable), .text(note.storable)])
        guard !rows.isEmpty else { throw UnknownAlert(id: alertID) }
        let state = try AlertState(named: rows.text(0, 0), of: alertID)
        guard state == .firing else {
            throw AlertNotFiring(id: alertID, state: state, by: rows.optionalText(0, 1))
        }
        // Of the row as it was before the statement.
        guard rows.boolean(0, 2) else { throw AcknowledgementPending(id: alertID, by: rows.optionalText(0, 3)) }
    }

    private nonisolated static let ask = PreparedStatement(
        name: "ask for acknowledgement",
        sql: """
            WITH asked AS (
                INSERT INTO alert_acknowledgements AS former (alert_id, actor, note)
                SELECT alert_id, $2, $3 FROM alerts WHERE alert_id = $1 AND state = 'firing'
                ON CONFLICT (alert_id) DO UPDATE
                SET actor = excluded.actor, note = excluded.note, asked_at = excluded.asked_at, taken_at = NULL, outcome = NULL
                WHERE former.taken_at IS NOT NULL OR former.actor = excluded.actor
                RETURNING alert_id)
            SELECT a.state, a.acknowledged_by, EXISTS (SELECT FROM asked),
                (SELECT actor FROM alert_acknowledgements WHERE alert_id = $1)
            FROM alerts a WHERE a.alert_id = $1
            """)

    /// What was asked for and is not taken, the oldest first; whoever owns the alert.
    public func open() async throws -> [Acknowledgement] {
        let rows = try await connection.query(Self.open, [])
        return (0..<rows.count).map {
            Acknowledgement(
                alertID: rows.text($0, 0), actor: rows.text($0, 1), note: rows.text($0, 2),
                askedAt: rows.timestamp($0, 3))
        }
    }

    private nonisolated static let open = PreparedStatement(
        name: "open acknowledgements",
        sql: """
            SELECT alert_id, actor, note, asked_at FROM alert_acknowledgements WHERE taken_at IS NULL
            ORDER BY asked_at, alert_id
            """)

    /// The owner has seen it. Nothing happens when it is taken already.
    ///
    /// - Parameter outcome: what came of it, for people.
    public func take(_ alertID: String, outcome: String) async throws {
        try await connection.query(Self.take, [.text(alertID.storable), .text(outcome.storable)])
    }

    private nonisolated static let take = PreparedStatement(
        name: "take acknowledgement",
        sql: """
            UPDATE alert_acknowledgements SET taken_at = now(), outcome = $2 WHERE alert_id = $1 AND taken_at IS NULL
            """)
}

public struct UnknownAlert: Error, Hashable, Sendable, CustomStringConvertible {
    public var id: String
    public var isRetriable: Bool { false }

    public var description: String { "there is no alert '\(id)'" }
}

/// Only an alert that fires can be acknowledged.
public struct AlertNotFiring: Error, Hashable, Sendable, CustomStringConvertible {
    public var id: String
    public var state: AlertState
    /// Whoever has it in hand.
    public var by: String?
    public var isRetriable: Bool { false }

    public var description: String {
        switch state {
        case .acknowledged: "alert \(id) is acknowledged already, by \(by ?? "somebody")"
        case .pending: "alert \(id) does not fire yet: it is pending"
        case .firing, .resolved: "alert \(id) does not fire any more: it is \(state.name)"
        }
    }
}

/// Somebody else has asked for the same, and the alert's owner has not taken it yet.
public struct AcknowledgementPending: Error, Hashable, Sendable, CustomStringConvertible {
    public var id: String
    public var by: String?
    public var isRetriable: Bool { false }

    public var description: String { "alert \(id) is being acknowledged by \(by ?? "somebody else")" }
}
