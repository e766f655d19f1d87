import IOLoop
import Model
import PostgreSQL

/// The readings of one sensor, raw and in rollups. All methods throw ``PostgreSQLError``.
@IOThread
struct SeriesTable {
    struct Point: Sendable {
        var time: Timestamp
        var value: Double
    }

    struct Window: Sendable {
        var start: Timestamp
        var average: Double
        var minimum: Double
        var maximum: Double
        var count: Int64
    }

    struct Anomaly: Sendable {
        var time: Timestamp
        var value: Double
        var score: Double
        var detector: String
        var why: String
    }

    /// More raw readings than this are not looked at, but rollups.
    nonisolated static let mostRaw = 20_000
    /// More windows than anybody asks for: days of decades.
    private nonisolated static let mostWindows = 20_000
    private nonisolated static let mostAnomalies = 500

    let connection: PostgreSQLConnection
    let sensor: Int32
    let from: Timestamp
    let to: Timestamp

    private var range: [PostgreSQLParameter] { [.int32(sensor), .timestamp(from), .timestamp(to)] }

    /// Ascending; nil: there are too many.
    func raw() async throws -> [Point]? {
        // Not prepared: with the times known, PostgreSQL leaves out the days that do not matter.
        let rows = try await connection.query(
            """
            SELECT time, value FROM reading_rows WHERE sensor_id = $1 AND time >= $2 AND time < $3
            ORDER BY time LIMIT \(Self.mostRaw + 1)
            """, range)
        guard rows.count <= Self.mostRaw else { return nil }
        return (0..<rows.count).map { Point(time: rows.timestamp($0, 0), value: rows.double($0, 1)) }
    }

    /// Ascending. The window that `from` lies in is among them.
    func windows(_ resolution: SeriesQuestion.Resolution) async throws -> [Window] {
        let (table, unit) =
            switch resolution {
            case .raw, .minutes: ("rollup_1m_rows", "minute")
            case .hours: ("rollup_1h_rows", "hour")
            case .days: ("rollup_1d_rows", "day")
            }
        let rows = try await connection.query(
            """
            SELECT bucket, mean, min, max, n FROM \(table)
            WHERE sensor_id = $1 AND bucket >= date_trunc('\(unit)', $2, 'UTC') AND bucket < $3
            ORDER BY bucket LIMIT \(Self.mostWindows)
            """, range)
        return (0..<rows.count).map {
            Window(
                start: rows.timestamp($0, 0), average: rows.double($0, 1), minimum: rows.double($0, 2),
                maximum: rows.double($0, 3), count: rows.integer($0, 4))
        }
    }

    /// Of the newest reading within the time; nil: there is none.
    func unit() async throws -> String? {
        let rows = try await connection.query(
            """
            SELECT unit FROM units WHERE unit_id = (
                SELECT unit_id FROM reading_rows WHERE sensor_id = $1 AND time >= $2 AND time < $3
                ORDER BY time DESC LIMIT 1)
            """, range)
        return rows.isEmpty ? nil : rows.text(0, 0)
    }

    /// The newest of them, ascending.
    func anomalies(_ name: SensorName) async throws -> [Anomaly] {
        let rows = try await connection.query(
            """
            SELECT time, value, score, detector, why FROM anomalies
            WHERE device_id = $1 AND sensor_type = $2 AND time >= $3 AND time < $4
            ORDER BY time DESC LIMIT \(Self.mostAnomalies)
            """,
            [.text(name.device.storable), .text(name.sensor.storable), .timestamp(from), .timestamp(to)])
        return (0..<rows.count).reversed().map {
            Anomaly(
                time: rows.timestamp($0, 0), value: rows.double($0, 1), score: rows.double($0, 2),
                detector: rows.text($0, 3), why: rows.text($0, 4))
        }
    }
}

extension [SeriesTable.Point] {
    /// At most so many, with the least and the greatest of each stretch of time: no peak is lost.
    ///
    /// - Precondition: ascending.
    func thinned(to count: Int) -> [SeriesTable.Point] {
        guard self.count > count, let first, let last, first.time < last.time else { return self }
        let stretches = Int64(Swift.max(count / 2, 1))
        let width = (last.time.microseconds - first.time.microseconds) / stretches + 1
        var thinned: [SeriesTable.Point] = []
        var start = startIndex
        while start < endIndex {
            let stretch = (self[start].time.microseconds - first.time.microseconds) / width
            var (low, high) = (start, start)
            var place = start
            while place < endIndex, (self[place].time.microseconds - first.time.microseconds) / width == stretch {
                if self[place].value < self[low].value { low = place }
                if self[place].value > self[high].value { high = place }
                place += 1
            }
            thinned.append(self[Swift.min(low, high)])
            if low != high { thinned.append(self[Swift.max(low, high)]) }
            start = place
        }
        return thinned
    }
}
