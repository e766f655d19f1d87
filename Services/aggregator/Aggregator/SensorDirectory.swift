internal import IOLoop
internal import Model
internal import PostgreSQL

/// The ids under which PostgreSQL knows sensors. storage-writer gives them out, before the readings that need them;
/// they never change, so the cache has no expiry.
@IOThread
final class SensorDirectory {
    /// So many names at most, about 20 MB; a fuller cache starts again.
    private let capacity: Int
    private var ids: [SensorName: Int32] = [:]

    init(capacity: Int = 100_000) {
        self.capacity = capacity
    }

    /// A batch with a sensor that PostgreSQL does not know comes back no more: its token is left to recovery.
    func identify(_ batches: [PendingBatch], on connection: PostgreSQLConnection) async throws -> [IdentifiedBatch] {
        try await look(for: unknownNames(of: batches), on: connection)
        return batches.compactMap { batch in
            let sensors = batch.readings.series.compactMap { ids[SensorName(of: $0)] }
            guard sensors.count == batch.readings.series.count else { return nil }
            return IdentifiedBatch(token: batch.token, readings: batch.readings, sensors: sensors)
        }
    }

    private func unknownNames(of batches: [PendingBatch]) -> Set<SensorName> {
        var unknown: Set<SensorName> = []
        for batch in batches {
            for series in batch.readings.series {
                let name = SensorName(of: series)
                if ids[name] == nil { unknown.insert(name) }
            }
        }
        return unknown
    }

    private func look(for names: Set<SensorName>, on connection: PostgreSQLConnection) async throws {
        guard !names.isEmpty else { return }
        let asked = Array(names)
        let rows = try await connection.query(
            """
            SELECT sensor_id, device_id, sensor_type
            FROM sensors JOIN unnest($1, $2) AS asked (device_id, sensor_type) USING (device_id, sensor_type)
            """,
            [.texts(asked.map(\.device)), .texts(asked.map(\.sensor))])
        if ids.count + rows.count > capacity { ids.removeAll() }
        for row in 0..<rows.count {
            ids[SensorName(device: rows.text(row, 1), sensor: rows.text(row, 2))] = Int32(rows.integer(row, 0))
        }
    }
}
