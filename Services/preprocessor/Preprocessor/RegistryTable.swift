internal import IOLoop
internal import Model
internal import PostgreSQL

/// The locations in the table `devices`, the record of the device registry.
@IOThread
struct RegistryTable {
    let session: PostgreSQLSession

    /// Devices with a location that a reading may have: an object of names to numbers, not empty. Whatever else an
    /// operator wrote there is left out.
    ///
    /// - Throws: ``PostgreSQLError``.
    func locations() async throws -> [ExactText: String] {
        let rows = try await session.connection().query(
            """
            SELECT device_id, location::text FROM devices
            WHERE jsonb_typeof(location) = 'object' AND location <> '{}'
                AND NOT EXISTS (
                    SELECT FROM jsonb_each(CASE jsonb_typeof(location) WHEN 'object' THEN location ELSE '{}' END) AS part
                    WHERE jsonb_typeof(part.value) <> 'number')
            """)
        var locations: [ExactText: String] = [:]
        locations.reserveCapacity(rows.count)
        for row in 0..<rows.count { locations[ExactText(rows.text(row, 0))] = rows.text(row, 1) }
        return locations
    }
}
