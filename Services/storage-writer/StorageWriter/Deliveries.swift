internal import IOLoop
internal import Model
internal import PostgreSQL

/// Exactly once: who inserts (producer, sequence, partition) stores that part of the batch; who finds it there, or
/// below the producer's low-water mark, has a duplicate.
@IOThread
struct Deliveries {
    let connection: PostgreSQLConnection

    /// Held in common by all writing transactions, alone by whoever raises a low-water mark.
    nonisolated static let lock = "7561577, 3"

    private struct Key: Hashable, Comparable {
        var producer: Int32
        var sequence: Int64
        var partition: Int16

        init(producer: Int32, sequence: Int64, partition: Int16) {
            self.producer = producer
            self.sequence = sequence
            self.partition = partition
        }

        init(_ item: StorableBatch, _ partition: Partition) {
            self.init(
                producer: item.producer, sequence: Int64(bitPattern: item.batch.identity.sequence),
                partition: Int16(partition.rawValue))
        }

        static func < (left: Key, right: Key) -> Bool {
            (left.producer, left.sequence, left.partition) < (right.producer, right.sequence, right.partition)
        }
    }

    /// Claims what each batch covers. Waits while another transaction holds the same claim. Returns the batches cut
    /// down to their fresh part, at the same places, and how many readings were duplicates.
    func claim(_ batches: [StorableBatch]) async throws -> (fresh: [StorableBatch], duplicates: Int) {
        // A batch that is in the group twice is claimed by its first occurrence.
        var owners: [Key: Int] = [:]
        for (index, item) in batches.enumerated() {
            for partition in item.batch.partitions {
                let key = Key(item, partition)
                if owners[key] == nil { owners[key] = index }
            }
        }
        var claimed = [Set<Partition>](repeating: [], count: batches.count)
        let fresh = try await insert(owners.keys.sorted())
        if fresh.count < owners.count { try await expectProducers(Set(owners.keys.map(\.producer))) }
        for key in fresh {
            if let owner = owners[key] { claimed[owner].insert(Partition(rawValue: UInt16(key.partition))) }
        }
        var duplicates = 0
        let parts = zip(batches, claimed).map { item, partitions in
            let part = item.part(of: partitions)
            duplicates += item.batch.count - part.batch.count
            return part
        }
        return (parts, duplicates)
    }

    /// Without its producer's row a claim finds nothing to join, and would look like a duplicate.
    private func expectProducers(_ producers: Set<Int32>) async throws {
        let rows = try await connection.query(
            "SELECT count(*) FROM producers WHERE producer_id = ANY ($1)", [.int32s(Array(producers))])
        guard rows.integer(0, 0) == producers.count else { throw PostgreSQLError.missingProducer }
    }

    private func insert(_ keys: [Key]) async throws -> [Key] {
        let rows = try await connection.query(
            Self.statement,
            [.int32s(keys.map(\.producer)), .int64s(keys.map(\.sequence)), .int16s(keys.map(\.partition))])
        return (0..<rows.count).map { row in
            Key(
                producer: Int32(rows.integer(row, 0)), sequence: rows.integer(row, 1),
                partition: Int16(rows.integer(row, 2)))
        }
    }

    /// Sorted, so that two writers with overlapping batches queue instead of waiting for each other in a circle.
    private nonisolated static let statement = PreparedStatement(
        name: "claim deliveries",
        sql: """
            INSERT INTO deliveries (producer_id, sequence, partition)
            SELECT d.producer_id, d.sequence, d.partition
            FROM unnest($1, $2, $3) AS d (producer_id, sequence, partition) JOIN producers p USING (producer_id)
            WHERE d.sequence >= p.low_water
            ORDER BY 1, 2, 3
            ON CONFLICT DO NOTHING
            RETURNING producer_id, sequence, partition
            """)
}

extension PostgreSQLError {
    /// Retriable: ids that are looked up anew have their rows.
    static let missingProducer = PostgreSQLError(
        kind: .refused, operation: "claim deliveries",
        message: "the table producers has lost a row that this writer knew; all ids are looked up anew")
}

extension StorableBatch {
    /// The part in these partitions, with the ids of the narrowed dictionary.
    fileprivate func part(of partitions: Set<Partition>) -> StorableBatch {
        guard !batch.partitions.allSatisfy(partitions.contains) else { return self }
        var part = self
        part.batch = batch.part(of: partitions)
        var places: [Series: Int] = [:]
        for (index, series) in batch.series.enumerated() { places[series] = index }
        // `part(of:)` only ever leaves entries of the dictionary out.
        part.sensors = part.batch.series.map { places[$0].flatMap { sensors[$0] } }
        part.units = part.batch.series.map { places[$0].flatMap { units[$0] } }
        return part
    }
}
