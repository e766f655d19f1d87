internal import Alerting
internal import IOLoop
internal import Model
internal import PostgreSQL

extension AlertTable {
    /// The newest first, by the time of the reading that they opened or last fired with.
    public func list(_ filter: AlertFilter, limit: Int) async throws -> [AlertRecord] {
        let arguments = try await arguments(filter)
        return try await AlertRows(connection: connection).read(Self.list, arguments + [.int64(Int64(max(limit, 0)))])
    }

    public func count(_ filter: AlertFilter) async throws -> Int {
        Int(try await connection.query(Self.count, try await arguments(filter)).integer(0, 0))
    }

    private nonisolated static let list = PreparedStatement(
        name: "list alerts",
        sql: """
            SELECT \(AlertRows.columns) FROM alerts a WHERE \(condition) ORDER BY time DESC, alert_id DESC LIMIT $8
            """)

    private nonisolated static let count = PreparedStatement(
        name: "count alerts", sql: "SELECT count(*) FROM alerts WHERE \(condition)")

    private nonisolated static let condition = """
        (cardinality($1) = 0 OR state = ANY ($1)) AND severity = ANY ($2) AND time >= $3 AND time < $4
        AND (array_position($5, NULL) IS NOT NULL OR device_id = ANY ($5))
        AND (array_position($6, NULL) IS NOT NULL OR sensor_type = ANY ($6))
        AND (array_position($7, NULL) IS NOT NULL OR detector = ANY ($7))
        """

    private func arguments(_ filter: AlertFilter) async throws -> [PostgreSQLParameter] {
        [
            .texts(filter.states.map(\.name)), .texts(filter.severities.map(\.name)),
            .timestamp((filter.since ?? Timestamp(microseconds: .min)).storable),
            .timestamp((filter.until ?? Timestamp(microseconds: .max)).storable),
            try await names(filter.devices, "device_id"), try await names(filter.sensors, "sensor_type"),
            try await names(filter.detectors, "detector"),
        ]
    }

    /// The names in a column that a pattern is for: PostgreSQL has no patterns of that kind, and there are few names. A list with
    /// NULL in it is for any name.
    private func names(_ given: [String]?, _ column: String) async throws -> PostgreSQLParameter {
        guard let patterns = NamePatterns(given) else { return .texts([nil]) }
        guard !patterns.areNames else { return .texts(patterns.patterns.map(\.storable)) }
        let rows = try await connection.query("SELECT DISTINCT \(column) FROM alerts")
        return .texts((0..<rows.count).map { rows.text($0, 0) }.filter(patterns.matches))
    }
}
