internal import IOLoop
internal import Model
internal import PostgreSQL

/// Raises the producers' low-water marks in PostgreSQL and deletes the deliveries below them.
///
/// Upstream names a mark when everything below it has been acknowledged, so nobody will ever send it again but a worker
/// that was thought dead; and that one is refused because its sequence is below the mark.
@IOThread
final class LowWaterMarks {
    private var raised: [String: UInt64] = [:]

    /// Marks that the database has now, as far as this writer raised them.
    func raise(to marks: [String: UInt64], on connection: PostgreSQLConnection) async throws {
        let news = marks.filter { $0.value > raised[$0.key] ?? 0 }
        guard !news.isEmpty else { return }
        // Alone: no transaction may be between its look at the mark and its commit when the mark moves.
        try await connection.transaction(begin: "BEGIN; SELECT pg_advisory_xact_lock(\(Deliveries.lock))") {
            try await connection.query(
                """
                UPDATE producers SET low_water = mark
                FROM (SELECT * FROM unnest($1, $2) AS m (name, mark) ORDER BY 1) AS marks
                WHERE producers.name = marks.name AND low_water < mark
                """, [.texts(news.map(\.key)), .int64s(news.map { Int64(bitPattern: $0.value) })])
        }
        try await connection.execute(
            """
            DELETE FROM deliveries USING producers
            WHERE deliveries.producer_id = producers.producer_id AND sequence < low_water
            """)
        raised.merge(news) { $1 }
    }
}
