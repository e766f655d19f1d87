internal import IOLoop
internal import Model
internal import PostgreSQL

/// Leaves word, in the transaction of the readings, that they are not yet in the rollups.
@IOThread
struct RollupTokens {
    let connection: PostgreSQLConnection

    /// One token for all readings of `batches`; nil when there are none.
    func leave(for batches: [StorableBatch]) async throws -> Int64? {
        var windows = TouchedWindows()
        for item in batches { windows.add(item) }
        guard !windows.sensors.isEmpty else { return nil }
        let rows = try await connection.query(Self.insert, [.int32s(windows.sensors), .int32s(windows.minutes)])
        return rows.integer(0, 0)
    }

    private nonisolated static let insert = PreparedStatement(
        name: "leave rollup token",
        sql: "INSERT INTO rollup_tokens (sensor_ids, minutes) VALUES ($1, $2) RETURNING token")
}

/// The distinct pairs of sensor and minute.
private struct TouchedWindows {
    private(set) var sensors: [Int32] = []
    private(set) var minutes: [Int32] = []
    private var seen: Set<UInt64> = []

    mutating func add(_ item: StorableBatch) {
        let batch = item.batch
        // The minute of each series' former reading: most readings of a series in a batch share one.
        var former = [Int64](repeating: .min, count: batch.series.count)
        for row in 0..<batch.count {
            let series = Int(batch.seriesIndex[row])
            let minute = batch.timestamp[row].flooredQuotient(60_000_000)
            guard minute != former[series] else { continue }
            former[series] = minute
            insert(item.sensors[series] ?? 0, Int32(clamping: minute))
        }
    }

    private mutating func insert(_ sensor: Int32, _ minute: Int32) {
        let key = UInt64(UInt32(bitPattern: sensor)) << 32 | UInt64(UInt32(bitPattern: minute))
        guard seen.insert(key).inserted else { return }
        sensors.append(sensor)
        minutes.append(minute)
    }
}
