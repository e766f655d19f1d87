import Foundation
import IOLoop
import Model
import PostgreSQL
import Webhooks

/// What has become of a dead letter.
enum DeadLetterState: String, Codable {
    case open
    /// Sent again, and nothing is stored of it yet.
    case requested
    /// What it became is stored.
    case replayed
    case dropped
}

/// One row of `dead_letters`, without its bytes.
struct DeadLetterEntry: Codable {
    var id: Int64
    var eventID: String
    var receivedAt: String
    var stage: String
    var reason: String
    var device: String?
    var topic: String
    var bytes: Int
    var state: DeadLetterState
    var detail: String
    var sqlState: String?
    /// The event id of the dead letter whose replay became this one.
    var replayOf: String?
}

/// `dead_letters` as operators see it.
@IOThread
struct DeadLetterTable {
    let connection: PostgreSQLConnection

    private nonisolated static let state = """
        CASE WHEN replayed_at IS NOT NULL THEN 'replayed' WHEN dropped_at IS NOT NULL THEN 'dropped'
            WHEN replay_requested_at IS NOT NULL THEN 'requested' ELSE 'open' END
        """

    private nonisolated static let condition = """
        (cardinality($1) = 0 OR stage = ANY ($1)) AND (cardinality($2) = 0 OR reason = ANY ($2))
        AND (cardinality($3) = 0 OR device_id = ANY ($3)) AND received_at >= $4 AND received_at < $5
        AND (cardinality($6) = 0 OR dead_letter_id::text = ANY ($6) OR event_id = ANY ($6))
        AND ($7 OR (replayed_at IS NULL AND dropped_at IS NULL))
        """

    private func arguments(_ filter: DeadLetterFilter, all: Bool) -> [PostgreSQLParameter] {
        [
            .texts(filter.stage), .texts(filter.reason), .texts(filter.device),
            .timestamp(filter.from?.timestamp ?? Timestamp(microseconds: -62_135_596_800_000_000)),
            .timestamp(filter.to?.timestamp ?? Timestamp(microseconds: 253_402_300_799_000_000)), .texts(filter.ids),
            .boolean(all),
        ]
    }

    /// - Parameter all: also those that were replayed or dropped.
    func count(_ filter: DeadLetterFilter, all: Bool = false) async throws -> Int {
        let rows = try await connection.query(
            "SELECT count(*) FROM dead_letters WHERE \(Self.condition)", arguments(filter, all: all))
        return Int(rows.integer(0, 0))
    }

    /// The newest first.
    func list(_ filter: DeadLetterFilter, all: Bool, limit: Int) async throws -> [DeadLetterEntry] {
        let rows = try await connection.query(
            """
            SELECT dead_letter_id, event_id, received_at, stage, reason, device_id, topic, length(payload),
                \(Self.state), detail, sqlstate, replay_of
            FROM dead_letters WHERE \(Self.condition) ORDER BY dead_letter_id DESC LIMIT $8
            """, arguments(filter, all: all) + [.int64(Int64(limit))])
        return (0..<rows.count).map { DeadLetterEntry(rows, $0) }
    }

    func payload(_ id: Int64) async throws -> [UInt8] {
        let rows = try await connection.query(
            "SELECT payload FROM dead_letters WHERE dead_letter_id = $1", [.int64(id)])
        return rows.isEmpty ? [] : rows.data(0, 0)
    }

    /// Numbers of the matching ones that are open, in the order in which they were received; those of webhooks apart, which no
    /// broker can take.
    func open(_ filter: DeadLetterFilter) async throws -> (published: [Int64], webhooks: [Int64]) {
        let rows = try await connection.query(
            "SELECT dead_letter_id, reason = $8 FROM dead_letters WHERE \(Self.condition) ORDER BY dead_letter_id",
            arguments(filter, all: false) + [.text(WebhookDeadLetter.reason)])
        let all = (0..<rows.count).map { (id: rows.integer($0, 0), isOfWebhook: rows.boolean($0, 1)) }
        return (all.filter { !$0.isOfWebhook }.map(\.id), all.filter(\.isOfWebhook).map(\.id))
    }

    /// As they were published.
    func messages(_ ids: [Int64]) async throws -> [OutgoingMessage] {
        let rows = try await connection.query(
            "SELECT topic, payload, event_id FROM dead_letters WHERE dead_letter_id = ANY ($1) ORDER BY dead_letter_id",
            [.int64s(ids)])
        return (0..<rows.count).map {
            OutgoingMessage(topic: rows.text($0, 0), payload: rows.data($0, 1), readings: 1, replay: rows.text($0, 2))
        }
    }

    func markRequested(_ ids: [Int64]) async throws {
        try await connection.query(
            "UPDATE dead_letters SET replay_requested_at = now() WHERE dead_letter_id = ANY ($1)", [.int64s(ids)])
    }

    /// Of a webhook, when its server has it: nothing is stored that could mark it.
    func markReplayed(_ ids: [Int64]) async throws {
        try await connection.query(
            "UPDATE dead_letters SET replayed_at = now() WHERE dead_letter_id = ANY ($1)", [.int64s(ids)])
    }

    /// How many of these are stored since their replay, and as what not.
    func outcome(_ ids: [Int64]) async throws -> (replayed: Int, deadAgain: [(reason: String, count: Int)]) {
        let done = try await connection.query(
            "SELECT count(replayed_at) FROM dead_letters WHERE dead_letter_id = ANY ($1)", [.int64s(ids)])
        let again = try await connection.query(
            """
            SELECT again.reason, count(*) FROM dead_letters again
            JOIN dead_letters d ON again.replay_of = d.event_id
            WHERE d.dead_letter_id = ANY ($1) GROUP BY 1 ORDER BY 2 DESC, 1
            """, [.int64s(ids)])
        let reasons = (0..<again.count).map { (again.text($0, 0), Int(again.integer($0, 1))) }
        return (Int(done.integer(0, 0)), reasons)
    }

    /// Marks them as given up.
    func drop(_ filter: DeadLetterFilter) async throws -> Int {
        try await connection.query(
            "UPDATE dead_letters SET dropped_at = now() WHERE \(Self.condition)", arguments(filter, all: false)
        ).affectedRows
    }

    /// Deletes them for good, whatever became of them.
    func purge(_ filter: DeadLetterFilter) async throws -> Int {
        try await connection.query(
            "DELETE FROM dead_letters WHERE \(Self.condition)", arguments(filter, all: true)
        ).affectedRows
    }
}

extension DeadLetterEntry {
    fileprivate init(_ rows: PostgreSQLRows, _ row: Int) {
        self.init(
            id: rows.integer(row, 0), eventID: rows.text(row, 1), receivedAt: rows.timestamp(row, 2).iso8601,
            stage: rows.text(row, 3), reason: rows.text(row, 4), device: rows.optionalText(row, 5),
            topic: rows.text(row, 6), bytes: Int(rows.integer(row, 7)),
            state: DeadLetterState(rawValue: rows.text(row, 8)) ?? .open, detail: rows.text(row, 9),
            sqlState: rows.optionalText(row, 10), replayOf: rows.optionalText(row, 11))
    }
}
