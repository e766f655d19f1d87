internal import IOLoop
internal import Model
internal import PostgreSQL

/// What a gateway sends is stored once, however often it comes: whoever adds its sequence to what was seen stores it, in the same
/// transaction.
@IOThread
struct EdgeDeliveries {
    let connection: PostgreSQLConnection

    /// Marks them as seen. Another writer with messages of the same gateway waits until this transaction ends.
    ///
    /// - Returns: those that had been seen before.
    func mark(_ deliveries: [EdgeDelivery]) async throws -> Set<EdgeDelivery> {
        var seen: Set<EdgeDelivery> = []
        let byProducer = Dictionary(grouping: deliveries, by: \.producer)
        // In one order, so that two writers do not wait for each other.
        for producer in byProducer.keys.sorted() {
            let sequences = (byProducer[producer] ?? []).map(\.sequence)
            for sequence in try await mark(sequences, of: producer) {
                seen.insert(EdgeDelivery(producer: producer, sequence: sequence))
            }
        }
        return seen
    }

    private func mark(_ sequences: [Int64], of producer: String) async throws -> [Int64] {
        _ = try await connection.query(
            "INSERT INTO edge_producers (producer) VALUES ($1) ON CONFLICT DO NOTHING", [.text(producer)])
        let rows = try await connection.query(
            """
            SELECT w.sequence FROM unnest($2::bigint[]) AS w (sequence),
                (SELECT seen FROM edge_producers WHERE producer = $1 FOR UPDATE) AS e
            WHERE e.seen @> w.sequence
            """, [.text(producer), .int64s(sequences)])
        _ = try await connection.query(
            """
            UPDATE edge_producers SET changed_at = now(), seen = seen + (
                SELECT range_agg(int8range(w.sequence, w.sequence, '[]')) FROM unnest($2::bigint[]) AS w (sequence))
            WHERE producer = $1
            """, [.text(producer), .int64s(sequences)])
        return (0..<rows.count).map { rows.integer($0, 0) }
    }
}
