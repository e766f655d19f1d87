import AlertRecords
import Alerting
import IOLoop
import Model
import PostgreSQL
import Schema
import TestServers

/// A migrated database of the test's own.
@IOThread
struct AlertFixture {
    let configuration: PostgreSQLConfiguration
    let connection: PostgreSQLConnection

    var alerts: AlertTable { AlertTable(connection: connection) }
    var acknowledgements: AcknowledgementTable { AcknowledgementTable(connection: connection) }
    var silences: SilenceTable { SilenceTable(connection: connection) }

    static func make() async throws -> AlertFixture {
        let configuration = PostgreSQLConfiguration(
            url: try await TestServers.shared.postgreSQLURL(), applicationName: "tests")
        let connection = try await PostgreSQLConnection.connect(configuration)
        try await Migrations.apply(on: connection)
        return AlertFixture(configuration: configuration, connection: connection)
    }

    /// Another owner of the same series.
    func other() async throws -> AlertTable {
        AlertTable(connection: try await PostgreSQLConnection.connect(configuration))
    }

    /// One text out of the database; nil for NULL and for no row.
    func text(_ sql: String) async throws -> String? {
        let rows = try await connection.query(sql)
        return rows.isEmpty ? nil : rows.optionalText(0, 0)
    }

    func number(_ sql: String) async throws -> Int {
        Int(try await connection.query("SELECT (\(sql))::bigint").integer(0, 0))
    }
}

/// A step of an alert's life, with the defaults of a boiler that is too hot.
func step(
    _ ordinal: UInt32, of id: String = "p-1-7-tailsum", _ from: AlertState? = nil, _ to: AlertState = .firing,
    _ cause: AlertCause = .fired, device: String = "boiler", sensor: String = "temperature",
    detector: String = "tailsum",
    severity: AlertSeverity = .warning, telling: AlertTelling = .told, actor: String? = nil,
    at second: Int64? = nil, value: Double = 99
) -> AlertTransition {
    let at = Timestamp(seconds: second ?? 1_795_000_000 + Int64(ordinal))
    let anomaly = Anomaly(
        row: 3, detector: detector, score: 5, threshold: 3, expectedLow: 1, expectedHigh: 2, why: "too hot")
    return AlertTransition(
        alertID: id, ordinal: ordinal,
        fingerprint: AlertFingerprint(series: SensorName(device: device, sensor: sensor), detector: detector),
        from: from, to: to, at: at, cause: cause, why: "\(cause.name) as number \(ordinal)", severity: severity,
        telling: telling, actor: actor, anomaly: anomaly,
        subject: AlertSubject(time: at, value: value, unit: "C", location: #"{"lat": 1.5}"#, anomaly: anomaly))
}
