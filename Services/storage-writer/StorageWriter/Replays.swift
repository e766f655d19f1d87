internal import IOLoop
internal import Model
internal import PostgreSQL

/// A dead letter that comes again is stored once, however often it is sent: whoever marks it as replayed stores what it
/// became, in the same transaction. One that is not there any more is stored: nothing is lost for want of a mark. What gateways
/// send is stored once in the same way.
@IOThread
struct Replays {
    let connection: PostgreSQLConnection

    /// Marks the letters and deliveries whose readings are in these batches, and takes out what was stored before.
    ///
    /// - Returns: the batches without that, and how many readings of it there were.
    func claim(_ batches: [StorableBatch]) async throws -> (fresh: [StorableBatch], duplicates: Int) {
        let wanted = Set(batches.flatMap { $0.batch.replays.map(\.eventID) })
        guard !wanted.isEmpty else { return (batches, 0) }
        let deliveries = wanted.compactMap(EdgeDelivery.init(eventID:))
        let letters = wanted.subtracting(deliveries.map(\.eventID))
        var stale = try await mark(letters.sorted())
        stale.formUnion(try await EdgeDeliveries(connection: connection).mark(deliveries).map(\.eventID))
        var duplicates = 0
        let fresh = batches.map { item in
            var item = item
            let before = item.batch.count
            let replays = Set(item.batch.replays.map(\.eventID))
            item.batch.removeReplays(of: stale)
            duplicates += before - item.batch.count
            // The same one in a later batch of this transaction is a repetition.
            stale.formUnion(replays)
            return item
        }
        return (fresh, duplicates)
    }

    /// - Returns: those that somebody has marked before.
    private func mark(_ eventIDs: [String]) async throws -> Set<String> {
        guard !eventIDs.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            WITH marked AS (
                UPDATE dead_letters SET replayed_at = now() WHERE event_id = ANY ($1) AND replayed_at IS NULL
                RETURNING event_id)
            SELECT event_id FROM dead_letters WHERE event_id = ANY ($1)
            EXCEPT SELECT event_id FROM marked
            """, [.texts(eventIDs)])
        return Set((0..<rows.count).map { rows.text($0, 0) })
    }
}
