import AlertRecords
import Alerting
import DatabaseRoutes
import HTTPEndpoints
import IOLoop
import Model
import PostgreSQL

/// A sensor over time, with what was found in it.
@IOThread
struct SeriesRoutes {
    private static let mostAlerts = 100

    private let desk: DatabaseDesk

    init(_ desk: DatabaseDesk) {
        self.desk = desk
    }

    var routes: [HTTPRoute] {
        [desk.route(.get, "/api/series/{device}/{sensor}", access: .openOnLoopback, Self.show)]
    }

    private static func show(_ question: HTTPQuestion, _ connection: PostgreSQLConnection) async throws -> HTTPAnswer {
        let asked = try SeriesQuestion(question.query, now: .now())
        let name = SensorName(
            device: question.parameters["device"] ?? "", sensor: question.parameters["sensor"] ?? "")
        guard let sensor = try await DeviceTable(connection: connection).sensor(name) else {
            throw NoSuchThing("there is no sensor '\(name.sensor)' of device '\(name.device)'")
        }
        let table = SeriesTable(connection: connection, sensor: sensor.id, from: asked.from, to: asked.to)
        var json = JSONText()
        json.beginObject()
        json.field("device", name.device)
        json.field("sensor", name.sensor)
        json.field("unit", try await table.unit())
        json.field("from", asked.from.iso8601)
        json.field("to", asked.to.iso8601)
        try await writePoints(asked, table, &json)
        json.key("anomalies")
        json.raw("[\(try await table.anomalies(name).map { Self.json($0).text }.joined(separator: ","))]")
        json.key("alerts")
        json.raw(try await alerts(name, asked, connection).map(\.json).array)
        json.endObject()
        return .json(json.text + "\n")
    }

    private static func writePoints(
        _ asked: SeriesQuestion, _ table: SeriesTable, _ json: inout JSONText
    ) async throws {
        if asked.span <= SeriesQuestion.longestRaw, let raw = try await table.raw() {
            json.field("resolution", SeriesQuestion.Resolution.raw.rawValue)
            json.key("points")
            let points = raw.filter(\.value.isFinite).thinned(to: asked.points)
            json.raw("[\(points.map { "[\($0.time.unixSeconds),\($0.value)]" }.joined(separator: ","))]")
            json.key("band")
            json.raw("[\(try await table.windows(.minutes).map(\.band).joined(separator: ","))]")
        } else {
            json.field("resolution", asked.rollup.rawValue)
            json.key("points")
            json.raw("[\(try await table.windows(asked.rollup).map(\.point).joined(separator: ","))]")
            json.key("band")
            json.raw("[]")
        }
    }

    private static func alerts(
        _ name: SensorName, _ asked: SeriesQuestion, _ connection: PostgreSQLConnection
    ) async throws -> [AlertRecord] {
        let filter = AlertFilter(
            states: Set(AlertState.allCases), devices: [AlertFilter.exactly(name.device)],
            sensors: [AlertFilter.exactly(name.sensor)], since: asked.from, until: asked.to)
        return try await AlertTable(connection: connection).list(filter, limit: mostAlerts)
    }

    private nonisolated static func json(_ anomaly: SeriesTable.Anomaly) -> JSONText {
        var json = JSONText()
        json.beginObject()
        json.field("time", anomaly.time.iso8601)
        json.field("value", anomaly.value)
        json.field("score", anomaly.score)
        json.field("detector", anomaly.detector)
        json.field("why", anomaly.why)
        json.endObject()
        return json
    }
}

extension SeriesTable.Window {
    /// Of the arithmetic in PostgreSQL something infinite may come, which JSON does not have.
    private var numbers: String {
        [average, minimum, maximum].map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",")
    }

    fileprivate var band: String { "[\(start.unixSeconds),\(numbers)]" }
    fileprivate var point: String { "[\(start.unixSeconds),\(numbers),\(count)]" }
}
