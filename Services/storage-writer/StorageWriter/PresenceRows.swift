internal import IOLoop
internal import Model
internal import PostgreSQL

/// Presence into the registry of devices. The newest word of a device counts, in whatever order words come.
@IOThread
struct PresenceRows {
    struct Change {
        var identity: BatchIdentity
        var change: PresenceChange
        var replayOf: String?
        var route: String
    }

    let connection: PostgreSQLConnection

    /// Returns dead letters for the changes that PostgreSQL refused.
    func store(_ changes: [Change]) async throws -> [StorableDeadLetter] {
        let refusals = try await RowIsolation(connection: connection).store(changes.indices) { range in
            let part = changes[range]
            try await connection.query(
                Self.upsert,
                [
                    .texts(part.map(\.change.device)), .texts(part.map(\.change.status)),
                    .timestamps(part.map(\.change.at)), .jsons(part.map(\.change.attributes)),
                ])
        }
        return refusals.map { changes[$0.row].deadLetter(because: $0.error) }
    }

    /// `location` of the attributes is the device's location when it is an object; the others are added to metadata.
    private nonisolated static let upsert = PreparedStatement(
        name: "store presence",
        sql: """
            INSERT INTO devices AS d (device_id, status, status_at, location, metadata, first_seen, last_seen)
            SELECT device_id, (array_agg(status ORDER BY at DESC, place DESC))[1], max(at),
                (array_agg(a -> 'location' ORDER BY at DESC, place DESC)
                    FILTER (WHERE jsonb_typeof(a -> 'location') = 'object'))[1],
                (array_agg(a - 'location' ORDER BY at DESC, place DESC) FILTER (WHERE a - 'location' <> '{}'))[1],
                min(at), max(at)
            FROM (
                SELECT device_id, status, at, place,
                    CASE WHEN jsonb_typeof(attributes) = 'object' THEN attributes END AS a
                FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS u (device_id, status, at, attributes, place)) AS words
            GROUP BY device_id
            ORDER BY device_id
            ON CONFLICT (device_id) DO UPDATE SET
                status = CASE WHEN excluded.status_at >= coalesce(d.status_at, '-infinity')
                    THEN excluded.status ELSE d.status END,
                location = CASE WHEN excluded.status_at >= coalesce(d.status_at, '-infinity')
                    THEN coalesce(excluded.location, d.location) ELSE d.location END,
                metadata = CASE WHEN excluded.status_at >= coalesce(d.status_at, '-infinity')
                    THEN coalesce(d.metadata || excluded.metadata, excluded.metadata, d.metadata) ELSE d.metadata END,
                status_at = greatest(d.status_at, excluded.status_at),
                first_seen = least(d.first_seen, excluded.first_seen),
                last_seen = greatest(d.last_seen, excluded.last_seen)
            """)
}

extension PresenceRows.Change {
    fileprivate func deadLetter(because error: PostgreSQLError) -> StorableDeadLetter {
        var json = JSONText()
        json.beginObject()
        json.key("status")
        json.string(change.status)
        json.key("timestamp")
        json.string(change.at.iso8601)
        if let attributes = change.attributes {
            json.key("attributes")
            json.raw(attributes)
        }
        json.endObject()
        let letter = DeadLetter(
            position: change.position, partition: change.partition, topic: "devices/\(change.device)/status",
            payload: json.bytes, reason: .refusedByPostgreSQL, detail: error.description, stage: "storage-writer",
            receivedAt: change.at)
        return StorableDeadLetter(
            identity: identity, letter: letter, sqlState: error.sqlState, replayOf: replayOf, route: route)
    }
}
