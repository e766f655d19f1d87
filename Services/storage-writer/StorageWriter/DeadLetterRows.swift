internal import IOLoop
internal import Model
internal import PostgreSQL

/// Dead letters as COPY wants them.
@IOThread
final class DeadLetterRows {
    private let encoder = BinaryCopyEncoder(fieldsPerRow: 11, capacity: 4096)

    private static let copy = """
        COPY dead_letters (event_id, reason, detail, stage, topic, payload, device_id, received_at, sqlstate, \
        replay_of, route) \
        FROM STDIN (FORMAT binary)
        """

    func store(_ letters: [StorableDeadLetter], on connection: PostgreSQLConnection) async throws {
        guard !letters.isEmpty else { return }
        encoder.removeAll()
        for letter in letters { encode(letter) }
        encoder.finish()
        try await connection.copyIn(Self.copy, encoder)
    }

    private func encode(_ item: StorableDeadLetter) {
        let letter = item.letter
        encoder.beginRow()
        encoder.append("\(item.identity.producer)-\(item.identity.sequence)-\(letter.position)".storable)
        encoder.append(letter.reason.rawValue)
        encoder.append(letter.detail.storable)
        encoder.append(letter.stage.storable)
        encoder.append(letter.topic.storable)
        encoder.append(letter.payload)
        append(letter.device?.storable)
        encoder.append(letter.receivedAt)
        append(item.sqlState)
        append(item.replayOf)
        encoder.append(item.route)
    }

    private func append(_ text: String?) {
        if let text { encoder.append(text) } else { encoder.appendNull() }
    }
}

extension DeadLetter {
    /// Of a topic like `sensors/{device}/{sensor}` or `devices/{device}/status`.
    var device: String? {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        return levels.count == 3 && !levels[1].isEmpty ? String(levels[1]) : nil
    }
}
