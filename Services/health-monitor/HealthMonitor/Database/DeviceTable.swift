import IOLoop
import Model
import PostgreSQL

/// Devices and their sensors, as PostgreSQL has them. All methods throw ``PostgreSQLError``.
@IOThread
struct DeviceTable {
    struct Device: Sendable {
        var name: String
        /// As the device said it.
        var status: String?
        var statusAt: Timestamp?
        var seenAt: Timestamp
        var openAlerts: Int
    }

    struct Sensor: Sendable {
        var id: Int32
        var name: SensorName
    }

    /// More sensors of one device are not listed.
    private nonisolated static let mostSensors = 100

    let connection: PostgreSQLConnection

    /// Those with open alerts first, then by name.
    ///
    /// - Parameter part: of the name, in any case; empty for all.
    func list(containing part: String, limit: Int, offset: Int) async throws -> (devices: [Device], total: Int) {
        let total = try await connection.query(Self.count, [.text(part.storable)]).integer(0, 0)
        let rows = try await connection.query(
            Self.list, [.text(part.storable), .int64(Int64(limit)), .int64(Int64(offset))])
        return ((0..<rows.count).map { Device(rows, $0) }, Int(total))
    }

    func device(_ name: String) async throws -> Device? {
        let rows = try await connection.query(Self.one, [.text(name.storable)])
        return rows.isEmpty ? nil : Device(rows, 0)
    }

    private nonisolated static let count = PreparedStatement(
        name: "count devices",
        sql: "SELECT count(*) FROM devices WHERE position(lower($1) IN lower(device_id)) > 0")

    private nonisolated static let list = PreparedStatement(
        name: "list devices",
        sql: """
            SELECT device_id, status, status_at, last_seen, coalesce(n, 0)
            FROM devices LEFT JOIN (
                SELECT device_id, count(*) AS n FROM alerts WHERE state <> 'resolved' GROUP BY device_id
            ) AS open USING (device_id)
            WHERE position(lower($1) IN lower(device_id)) > 0
            ORDER BY n IS NULL, device_id COLLATE "C" LIMIT $2 OFFSET $3
            """)

    private nonisolated static let one = PreparedStatement(
        name: "one device",
        sql: """
            SELECT device_id, status, status_at, last_seen,
                (SELECT count(*) FROM alerts a WHERE a.device_id = d.device_id AND state <> 'resolved')
            FROM devices d WHERE device_id = $1
            """)

    /// Of these devices, by name.
    func sensors(of devices: [String]) async throws -> [Sensor] {
        let rows = try await connection.query(Self.sensors, [.texts(devices)])
        return (0..<rows.count).map {
            Sensor(
                id: Int32(truncatingIfNeeded: rows.integer($0, 0)),
                name: SensorName(device: rows.text($0, 1), sensor: rows.text($0, 2)))
        }
    }

    private nonisolated static let sensors = PreparedStatement(
        name: "sensors of devices",
        sql: """
            SELECT s.sensor_id, d.device_id, s.sensor_type FROM unnest($1) AS d (device_id)
            CROSS JOIN LATERAL (
                SELECT sensor_id, sensor_type FROM sensors WHERE device_id = d.device_id
                ORDER BY sensor_type LIMIT \(mostSensors)
            ) AS s
            """)

    func sensor(_ name: SensorName) async throws -> Sensor? {
        let rows = try await connection.query(
            Self.sensor, [.text(name.device.storable), .text(name.sensor.storable)])
        return rows.isEmpty ? nil : Sensor(id: Int32(truncatingIfNeeded: rows.integer(0, 0)), name: name)
    }

    private nonisolated static let sensor = PreparedStatement(
        name: "one sensor", sql: "SELECT sensor_id FROM sensors WHERE device_id = $1 AND sensor_type = $2")

    /// The last reading in the rollups: for sensors that have not spoken for so long that Redis has forgotten them.
    func last(of sensors: [Int32]) async throws -> [Int32: (time: Timestamp, value: Double)] {
        guard !sensors.isEmpty else { return [:] }
        let rows = try await connection.query(Self.last, [.int32s(sensors)])
        var last: [Int32: (time: Timestamp, value: Double)] = [:]
        for row in 0..<rows.count {
            last[Int32(truncatingIfNeeded: rows.integer(row, 0))] = (rows.timestamp(row, 1), rows.double(row, 2))
        }
        return last
    }

    private nonisolated static let last = PreparedStatement(
        name: "last readings of sensors",
        sql: """
            SELECT s.sensor_id, r.last_time, r.last_value FROM unnest($1) AS s (sensor_id)
            CROSS JOIN LATERAL (
                SELECT last_time, last_value FROM rollup_1m_rows WHERE sensor_id = s.sensor_id
                ORDER BY bucket DESC LIMIT 1
            ) AS r
            """)
}

extension DeviceTable.Device {
    fileprivate init(_ rows: PostgreSQLRows, _ row: Int) {
        self.init(
            name: rows.text(row, 0), status: rows.optionalText(row, 1),
            statusAt: rows.isNull(row, 2) ? nil : rows.timestamp(row, 2), seenAt: rows.timestamp(row, 3),
            openAlerts: Int(rows.integer(row, 4)))
    }
}
