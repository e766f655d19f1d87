public import IOLoop
public import Model
public import PostgreSQL

/// What has become of a dead letter.
public enum DeadLetterState: String, Codable, Sendable {
    case open
    /// Sent again, and nothing is stored of it yet.
    case requested
    /// What it became is stored.
    case replayed
    case dropped
}

/// One row of `dead_letters`, without its bytes.
public struct DeadLetterEntry: Codable, Sendable {
    public var id: Int64
    public var eventID: String
    public var receivedAt: String
    public var stage: String
    public var reason: String
    public var device: String?
    public var topic: String
    public var bytes: Int
    public var state: DeadLetterState
    public var detail: String
    public var sqlState: String?
    /// The event id of the dead letter whose replay became this one.
    public var replayOf: String?
    /// Since when what it became is stored.
    public var replayedAt: String?
}

/// Which dead letters; all without any of these.
public struct DeadLetterSelection: Hashable, Sendable {
    /// Numbers or event ids.
    public var ids: [String] = []
    public var stages: [String] = []
    public var reasons: [String] = []
    public var devices: [String] = []
    /// Received then or later…
    public var from: Timestamp?
    /// …and before this.
    public var to: Timestamp?
    /// Also those that were replayed or dropped.
    public var includesSettled = false

    public init() {}
}

/// One as it was published.
public struct DeadLetterMessage: Hashable, Sendable {
    public var id: Int64
    public var eventID: String
    public var topic: String
    public var payload: [UInt8]
}

/// `dead_letters` as operators see it. All methods throw ``PostgreSQLError``.
@IOThread
public struct DeadLetterTable {
    public let connection: PostgreSQLConnection

    public init(connection: PostgreSQLConnection) {
        self.connection = connection
    }

    private nonisolated static let state = """
        CASE WHEN replayed_at IS NOT NULL THEN 'replayed' WHEN dropped_at IS NOT NULL THEN 'dropped'
            WHEN replay_requested_at IS NOT NULL THEN 'requested' ELSE 'open' END
        """

    private nonisolated static let condition = """
        (cardinality($1) = 0 OR stage = ANY ($1)) AND (cardinality($2) = 0 OR reason = ANY ($2))
        AND (cardinality($3) = 0 OR device_id = ANY ($3)) AND received_at >= $4 AND received_at < $5
        AND (cardinality($6) = 0 OR dead_letter_id = ANY ($8) OR event_id = ANY ($6))
        AND ($7 OR (replayed_at IS NULL AND dropped_at IS NULL))
        """

    private func arguments(_ selection: DeadLetterSelection) -> [PostgreSQLParameter] {
        [
            .texts(selection.stages.map(\.storable)), .texts(selection.reasons.map(\.storable)),
            .texts(selection.devices.map(\.storable)),
            .timestamp(max(selection.from ?? Self.first, Self.first)),
            .timestamp(min(selection.to ?? Self.last, Self.last)), .texts(selection.ids.map(\.storable)),
            .boolean(selection.includesSettled), .int64s(selection.ids.compactMap { Int64($0) }),
        ]
    }

    /// The years 1 to 9999, which PostgreSQL and ISO 8601 both have.
    private nonisolated static let first = Timestamp(microseconds: -62_135_596_800_000_000)
    private nonisolated static let last = Timestamp(microseconds: 253_402_300_799_000_000)

    public func count(_ selection: DeadLetterSelection) async throws -> Int {
        let rows = try await connection.query(
            "SELECT count(*) FROM dead_letters WHERE \(Self.condition)", arguments(selection))
        return Int(rows.integer(0, 0))
    }

    /// How many there are of each reason, the most frequent first.
    public func countByReason(_ selection: DeadLetterSelection) async throws -> [(reason: String, count: Int)] {
        let rows = try await connection.query(
            "SELECT reason, count(*) FROM dead_letters WHERE \(Self.condition) GROUP BY 1 ORDER BY 2 DESC, 1",
            arguments(selection))
        return (0..<rows.count).map { (rows.text($0, 0), Int(rows.integer($0, 1))) }
    }

    /// The newest first.
    public func list(
        _ selection: DeadLetterSelection, limit: Int, offset: Int = 0
    ) async throws -> [DeadLetterEntry] {
        let rows = try await connection.query(
            """
            SELECT dead_letter_id, event_id, received_at, stage, reason, device_id, topic, length(payload),
                \(Self.state), detail, sqlstate, replay_of, replayed_at
            FROM dead_letters WHERE \(Self.condition) ORDER BY dead_letter_id DESC LIMIT $9 OFFSET $10
            """, arguments(selection) + [.int64(Int64(limit)), .int64(Int64(offset))])
        return (0..<rows.count).map { DeadLetterEntry(rows, $0) }
    }

    /// Those of these numbers or event ids, whatever became of them.
    public func list(named ids: [String], limit: Int) async throws -> [DeadLetterEntry] {
        var selection = DeadLetterSelection()
        (selection.ids, selection.includesSettled) = (ids, true)
        return ids.isEmpty ? [] : try await list(selection, limit: limit)
    }

    public func payload(_ id: Int64) async throws -> [UInt8] {
        let rows = try await connection.query(
            "SELECT payload FROM dead_letters WHERE dead_letter_id = $1", [.int64(id)])
        return rows.isEmpty ? [] : rows.data(0, 0)
    }

    /// Numbers of the matching ones, in the order in which they were received; those of `reason` apart.
    public func ids(
        _ selection: DeadLetterSelection, apart reason: String
    ) async throws -> (others: [Int64], apart: [Int64]) {
        let rows = try await connection.query(
            "SELECT dead_letter_id, reason = $9 FROM dead_letters WHERE \(Self.condition) ORDER BY dead_letter_id",
            arguments(selection) + [.text(reason)])
        let all = (0..<rows.count).map { (id: rows.integer($0, 0), isApart: rows.boolean($0, 1)) }
        return (all.filter { !$0.isApart }.map(\.id), all.filter(\.isApart).map(\.id))
    }

    /// As they were published.
    public func originals(_ ids: [Int64]) async throws -> [DeadLetterMessage] {
        let rows = try await connection.query(
            """
            SELECT dead_letter_id, event_id, topic, payload FROM dead_letters
            WHERE dead_letter_id = ANY ($1) ORDER BY dead_letter_id
            """, [.int64s(ids)])
        return (0..<rows.count).map {
            DeadLetterMessage(
                id: rows.integer($0, 0), eventID: rows.text($0, 1), topic: rows.text($0, 2), payload: rows.data($0, 3))
        }
    }

    public func markRequested(_ ids: [Int64]) async throws {
        try await connection.query(
            "UPDATE dead_letters SET replay_requested_at = now() WHERE dead_letter_id = ANY ($1)", [.int64s(ids)])
    }

    /// Of a webhook, when its server has it: nothing is stored that could mark it.
    public func markReplayed(_ ids: [Int64]) async throws {
        try await connection.query(
            "UPDATE dead_letters SET replayed_at = now() WHERE dead_letter_id = ANY ($1)", [.int64s(ids)])
    }

    /// How many of these are stored since their replay, and as what not.
    public func outcome(_ ids: [Int64]) async throws -> (replayed: Int, deadAgain: [(reason: String, count: Int)]) {
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
    ///
    /// - Returns: how many.
    public func drop(_ selection: DeadLetterSelection) async throws -> Int {
        try await connection.query(
            "UPDATE dead_letters SET dropped_at = now() WHERE \(Self.condition)", arguments(selection)
        ).affectedRows
    }

    /// Deletes them for good.
    public func purge(_ selection: DeadLetterSelection) async throws -> Int {
        try await connection.query(
            "DELETE FROM dead_letters WHERE \(Self.condition)", arguments(selection)
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
            sqlState: rows.optionalText(row, 10), replayOf: rows.optionalText(row, 11),
            replayedAt: rows.isNull(row, 12) ? nil : rows.timestamp(row, 12).iso8601)
    }
}
