public import Alerting
public import IOLoop
public import Model
public import PostgreSQL

/// `silences`, by the wall clock that callers give.
///
/// All methods throw ``PostgreSQLError``; those that read silences ``UnreadableSilence`` as well.
@IOThread
public struct SilenceTable {
    let connection: PostgreSQLConnection

    public init(connection: PostgreSQLConnection) {
        self.connection = connection
    }

    /// Adding one again is harmless.
    ///
    /// - Throws: ``SilenceExists`` when another one has its id.
    public func add(_ silence: Silence) async throws {
        let arguments: [PostgreSQLParameter] = [
            .text(silence.id.storable), .texts(silence.matchers.map(\.description.storable)),
            .text(silence.owner.storable), .text(silence.reason.storable), .timestamp(silence.starts.storable),
            .timestamp(silence.expires.storable),
        ]
        guard try await connection.query(Self.insert, arguments).affectedRows == 0 else { return }
        let same = try await connection.query(Self.same, arguments)
        guard same.boolean(0, 0) else { throw SilenceExists(id: silence.id) }
    }

    private nonisolated static let insert = PreparedStatement(
        name: "add silence",
        sql: """
            INSERT INTO silences (silence_id, matchers, owner, reason, starts, expires) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT DO NOTHING
            """)

    private nonisolated static let same = PreparedStatement(
        name: "same silence",
        sql: """
            SELECT EXISTS (SELECT FROM silences WHERE (silence_id, matchers, owner, reason, starts, expires)
                = ($1, $2, $3, $4, $5, $6))
            """)

    /// Ends it now, or before it begins.
    ///
    /// - Throws: ``UnknownSilence``, ``SilenceIsOver``.
    public func end(_ id: String, by actor: String, at now: Timestamp) async throws {
        let ended = try await connection.query(
            Self.end, [.text(id.storable), .text(actor.storable), .timestamp(now.storable)])
        guard ended.affectedRows == 0 else { return }
        let records = try await read(Self.one, [.text(id.storable)])
        guard let record = records.first else { throw UnknownSilence(id: id) }
        throw SilenceIsOver(id: id, since: record.endedAt ?? record.silence.expires, by: record.endedBy)
    }

    private nonisolated static let end = PreparedStatement(
        name: "end silence",
        sql: """
            UPDATE silences SET ended_at = $3, ended_by = $2 WHERE silence_id = $1 AND ended_at IS NULL AND expires > $3
            """)

    private nonisolated static let one = PreparedStatement(
        name: "one silence", sql: "SELECT \(SilenceRecord.columns) FROM silences WHERE silence_id = $1")

    /// In the order in which they start.
    ///
    /// - Parameter all: also those that are over.
    public func list(all: Bool, at now: Timestamp) async throws -> [SilenceRecord] {
        try await read(Self.list, [.boolean(all), .timestamp(now.storable)])
    }

    /// Those that are in force or will be: for the detectors, which ask every second or so.
    public func current(at now: Timestamp) async throws -> [Silence] {
        try await list(all: false, at: now).map(\.silence)
    }

    private nonisolated static let list = PreparedStatement(
        name: "list silences",
        sql: """
            SELECT \(SilenceRecord.columns) FROM silences WHERE $1 OR (ended_at IS NULL AND expires > $2)
            ORDER BY starts, silence_id
            """)

    private func read(_ statement: PreparedStatement, _ arguments: [PostgreSQLParameter]) async throws
        -> [SilenceRecord]
    {
        let rows = try await connection.query(statement, arguments)
        return try (0..<rows.count).map { try SilenceRecord(rows, $0) }
    }
}

public struct UnknownSilence: Error, Hashable, Sendable, CustomStringConvertible {
    public var id: String
    public var isRetriable: Bool { false }

    public var description: String { "there is no silence '\(id)'" }
}

/// What is over cannot be ended.
public struct SilenceIsOver: Error, Hashable, Sendable, CustomStringConvertible {
    public var id: String
    public var since: Timestamp
    /// Whoever ended it; nil: it expired.
    public var by: String?
    public var isRetriable: Bool { false }

    public var description: String {
        let end = by.map { "\($0) ended it at \(since.iso8601)" } ?? "it expired at \(since.iso8601)"
        return "silence \(id) is over: \(end)"
    }
}

public struct SilenceExists: Error, Hashable, Sendable, CustomStringConvertible {
    public var id: String
    public var isRetriable: Bool { false }

    public var description: String { "there is another silence '\(id)' already" }
}

/// A row that a later version, or somebody's hand, wrote.
public struct UnreadableSilence: Error, Hashable, Sendable, CustomStringConvertible {
    public var id: String
    public var reason: InvalidMuting
    public var isRetriable: Bool { false }

    public var description: String { "cannot read silence \(id): \(reason)" }
}
