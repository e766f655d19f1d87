import IOLoop
import Model
import PostgreSQL

/// What the ids of the readings stand for.
struct StoredNames: Sendable {
    var series: [Int32: SensorName]
    var units: [Int64: String]
    var producers: [Int32: String]

    @IOThread
    static func read(on connection: PostgreSQLConnection) async throws -> StoredNames {
        let series = try await connection.query("SELECT sensor_id, device_id, sensor_type FROM sensors")
        let units = try await connection.query("SELECT unit_id, unit FROM units")
        let producers = try await connection.query("SELECT producer_id, name FROM producers")
        return StoredNames(
            series: Dictionary(
                uniqueKeysWithValues: (0..<series.count).map {
                    (Int32(series.integer($0, 0)), SensorName(device: series.text($0, 1), sensor: series.text($0, 2)))
                }),
            units: Dictionary(
                uniqueKeysWithValues: (0..<units.count).map { (units.integer($0, 0), units.text($0, 1)) }),
            producers: Dictionary(
                uniqueKeysWithValues: (0..<producers.count).map {
                    (Int32(producers.integer($0, 0)), producers.text($0, 1))
                }))
    }
}
