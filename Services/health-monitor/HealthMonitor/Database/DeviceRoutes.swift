import DatabaseRoutes
import HTTPEndpoints
import IOLoop
import Model
import PostgreSQL

/// Which devices there are, how they are, and what they said last.
@IOThread
struct DeviceRoutes {
    private let desk: DatabaseDesk
    private let live: LiveReadings

    init(_ desk: DatabaseDesk, live: LiveReadings) {
        self.desk = desk
        self.live = live
    }

    var routes: [HTTPRoute] {
        [
            desk.route(.get, "/api/devices", access: .openOnLoopback) { [live] question, connection in
                try await Self.list(question, DeviceTable(connection: connection), live)
            },
            desk.route(.get, "/api/devices/{device}", access: .openOnLoopback) { [live] question, connection in
                try await Self.show(question, DeviceTable(connection: connection), live)
            },
        ]
    }

    /// `{"devices":[…],"total":10000}`
    private static func list(
        _ question: HTTPQuestion, _ table: DeviceTable, _ live: LiveReadings
    ) async throws -> HTTPAnswer {
        let fields = try QueryFields(question.query, known: ["query", "limit", "offset"])
        let (devices, total) = try await table.list(
            containing: fields.text("query") ?? "", limit: try fields.number("limit", default: 50, in: 1...200),
            offset: try fields.number("offset", default: 0, in: 0...1_000_000_000))
        let texts = try await describe(devices, table, live)
        return .json(#"{"devices":[\#(texts.map(\.text).joined(separator: ",\n"))],"total":\#(total)}"# + "\n")
    }

    private static func show(
        _ question: HTTPQuestion, _ table: DeviceTable, _ live: LiveReadings
    ) async throws -> HTTPAnswer {
        let name = question.parameters["device"] ?? ""
        guard let device = try await table.device(name) else { throw NoSuchThing("there is no device '\(name)'") }
        return .json(try await describe([device], table, live)[0].text + "\n")
    }

    private static func describe(
        _ devices: [DeviceTable.Device], _ table: DeviceTable, _ live: LiveReadings
    ) async throws -> [JSONText] {
        let sensors = try await table.sensors(of: devices.map(\.name))
        var series = await live.read(sensors.map(\.name)) ?? sensors.map { _ in LiveReadings.Series() }
        let forgotten = sensors.indices.filter { series[$0].time == nil }
        let last = try await table.last(of: forgotten.map { sensors[$0].id })
        for place in forgotten { (series[place].time, series[place].value) = optional(last[sensors[place].id]) }
        var byDevice: [ExactText: [(String, LiveReadings.Series)]] = [:]
        for (sensor, series) in zip(sensors, series) {
            byDevice[ExactText(sensor.name.device), default: []].append((sensor.name.sensor, series))
        }
        return devices.map { json($0, byDevice[ExactText($0.name)] ?? []) }
    }

    private static func optional(_ last: (time: Timestamp, value: Double)?) -> (Timestamp?, Double?) {
        (last?.time, last?.value)
    }
}

extension DeviceRoutes {
    private nonisolated static func json(
        _ device: DeviceTable.Device, _ sensors: [(name: String, series: LiveReadings.Series)]
    ) -> JSONText {
        let seen = sensors.compactMap(\.series.time).reduce(device.seenAt, max)
        var json = JSONText()
        json.beginObject()
        json.field("device", device.name)
        json.field("presence", ["online", "offline"].first { $0 == device.status } ?? "unknown")
        json.field("presence_since", device.statusAt?.iso8601)
        json.field("last_seen", seen.iso8601)
        json.key("open_alerts")
        json.number(Int64(device.openAlerts))
        json.key("sensors")
        json.raw("[\(sensors.map { Self.json($0.name, $0.series).text }.joined(separator: ","))]")
        json.endObject()
        return json
    }

    private nonisolated static func json(_ sensor: String, _ series: LiveReadings.Series) -> JSONText {
        var json = JSONText()
        json.beginObject()
        json.field("sensor", sensor)
        json.field("value", series.value)
        json.field("unit", series.unit)
        json.field("time", series.time?.iso8601)
        json.key("recent")
        let points = series.recent.filter(\.value.isFinite).map { "[\($0.time.unixSeconds),\($0.value)]" }
        json.raw("[\(points.joined(separator: ","))]")
        json.endObject()
        return json
    }
}
