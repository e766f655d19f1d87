public import IOLoop
public import PostgreSQL

/// Rows of `dead_letters` that are of webhooks.
@IOThread
public struct WebhookDeadLetters {
    private let connection: PostgreSQLConnection

    public init(connection: PostgreSQLConnection) {
        self.connection = connection
    }

    /// Each once, whatever became of it since, however often and from however many sides it is stored. Runs a transaction of its own.
    ///
    /// - Throws: ``PostgreSQL/PostgreSQLError``; none of them is stored then.
    public func store(_ letters: [WebhookDeadLetter]) async throws {
        guard !letters.isEmpty else { return }
        try await connection.transaction(begin: "BEGIN ISOLATION LEVEL READ COMMITTED") {
            // The next statement sees what whoever held the lock before has committed; a unique index would be of all dead letters.
            try await connection.execute("SELECT pg_advisory_xact_lock(\(Self.lock))")
            for letter in letters { try await connection.query(Self.insert, Self.arguments(letter)) }
        }
    }

    /// "webhooks" in ASCII.
    private nonisolated static let lock: Int64 = 0x7765_6268_6F6F_6B73

    private nonisolated static let insert = """
        INSERT INTO dead_letters (event_id, reason, detail, stage, topic, payload, device_id, received_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8
        WHERE NOT EXISTS (SELECT FROM dead_letters WHERE event_id = $1 AND reason = $2 AND topic = $5)
        """

    private nonisolated static func arguments(_ letter: WebhookDeadLetter) -> [PostgreSQLParameter] {
        [
            .text(letter.eventID.storable), .text(WebhookDeadLetter.reason), .text(letter.detail.storable),
            .text(letter.stage), .text(letter.topic), .bytes(letter.payload),
            letter.device.map { .text($0.storable) } ?? .null, .timestamp(letter.receivedAt),
        ]
    }
}

extension String {
    /// PostgreSQL's text cannot hold NUL.
    fileprivate var storable: String {
        utf8.contains(0) ? String(map { $0 == "\0" ? "\u{FFFD}" : $0 }) : self
    }
}
