import AlertRecords
import Alerting
import Foundation
import HTTPEndpoints
import IOLoop
import Model
import PostgreSQL
import Processes
import Redis
import Schema
import Settings
import StageRuntime
import TestServers
import Testing

/// The built monitor on a PostgreSQL, a Redis and a broker with something in them.
struct MonitorFixture {
    static let token = "secret"

    let port: Int
    let postgres: String
    let redis: String
    let client = OperatorClient(token: Secret(MonitorFixture.token))

    func get(_ path: String) async throws -> HTTPReply {
        try await client.get([path], host: "127.0.0.1", port: port, within: .seconds(60))[0]
    }

    func post(_ path: String, _ body: String) async throws -> HTTPReply {
        try await client.post(path, body, host: "127.0.0.1", port: port, within: .seconds(60))
    }

    func object(_ path: String) async throws -> [String: Any] {
        let reply = try await get(path)
        try #require(reply.status == 200, "\(path): \(reply.body)")
        return try #require(JSONSerialization.jsonObject(with: Data(reply.body.utf8)) as? [String: Any])
    }

    /// - Parameters:
    ///   - devices: so many beside `boiler-1`, which has an alert, a series and dead letters.
    static func with(
        devices: Int = 3, arguments: [String] = [], _ body: (MonitorFixture) async throws -> Void
    ) async throws {
        try await withPostgreSQL { postgres in
            try await withRedis { redis in
                try await withMosquitto { broker in
                    try await fill(postgres, devices)
                    try await fillRedis(redis)
                    try await withMonitor(postgres, redis, "mqtt://127.0.0.1:\(broker)", arguments) { port in
                        try await body(MonitorFixture(port: port, postgres: postgres, redis: redis))
                    }
                }
            }
        }
    }

    static func withMonitor(
        _ postgres: String, _ redis: String, _ broker: String, _ arguments: [String] = [],
        _ body: (Int) async throws -> Void
    ) async throws {
        let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("health-monitor").path
        let folder = NSTemporaryDirectory() + "sluice-monitor-\(UUID().uuidString)"
        let settings = [
            "postgres.url=\(postgres)", "redis.url=\(redis)", "mqtt.url=\(broker)", "http.operator_token=\(token)",
        ]
        let process = try ChildProcess.spawn(
            Command(
                executable,
                ["--registry", folder, "--instance", "monitor-1"] + settings.flatMap { ["--set", $0] } + arguments,
                output: .appended(to: folder + ".log")))
        defer { for path in [folder, folder + ".log"] { try? FileManager.default.removeItem(atPath: path) } }
        do {
            try await body(try await port(in: folder))
        } catch {
            _ = await process.stop(within: .seconds(60))
            throw error
        }
        _ = await process.stop(within: .seconds(60))
    }

    private static func port(in folder: String) async throws -> Int {
        let directory = InstanceDirectory(path: folder)
        let deadline = ContinuousClock.now + .seconds(60)
        while directory.records().first?.state != "running" {
            try #require(ContinuousClock.now < deadline, "it does not run within a minute")
            try await Task.sleep(for: .milliseconds(20))
        }
        return try #require(directory.records().first?.url.flatMap { URL(string: $0)?.port })
    }

    // MARK: What there is

    @IOThread
    static func withConnection(_ url: String, _ body: @IOThread (PostgreSQLConnection) async throws -> Void)
        async throws
    {
        let connection = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: url, applicationName: "test"))
        defer { connection.close() }
        try await body(connection)
    }

    @IOThread
    private static func fill(_ url: String, _ devices: Int) async throws {
        try await withConnection(url) { connection in
            try await Migrations.apply(on: connection)
            try await connection.execute(
                """
                INSERT INTO devices (device_id, status, status_at) VALUES ('boiler-1', 'online', now());
                INSERT INTO devices (device_id) SELECT 'device-' || lpad(n::text, 5, '0') FROM generate_series(1, \(devices)) n;
                INSERT INTO sensors (device_id, sensor_type)
                    SELECT device_id, sensor FROM devices, unnest(ARRAY['humidity', 'temperature']) sensor ORDER BY 1, 2;
                INSERT INTO units (unit) VALUES ('C');
                SELECT make_reading_day(day::date) FROM generate_series(
                    (now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 1, interval '1 day') day;
                INSERT INTO reading_rows (time, received_at, value, sequence, sensor_id, producer_id, position, unit_id)
                    SELECT now() - n * interval '1 second', now(), n % 50, 1, sensor_id, 1, n, 1
                    FROM sensors, generate_series(1, 1800) n
                    WHERE device_id = 'boiler-1' AND sensor_type = 'temperature';
                INSERT INTO rollup_1m_rows (sensor_id, bucket, n, mean, m2, min, max, first_time, first_value, last_time, last_value)
                    SELECT sensor_id, date_trunc('minute', now()) - n * interval '1 minute', 60, 24.5, 10, 0, 49,
                        now() - n * interval '1 minute', 1, now() - n * interval '1 minute', 7
                    FROM sensors, generate_series(0, 600) n WHERE device_id = 'boiler-1';
                INSERT INTO anomalies (anomaly_id, time, device_id, sensor_type, detector, value, score, threshold,
                        expected_low, expected_high, why, event_id)
                    VALUES ('x-1', now() - interval '1 minute', 'boiler-1', 'temperature', 'zscore', 99, 7, 3, 10, 30, 'too hot', 'e-1');
                INSERT INTO dead_letters (event_id, reason, detail, stage, topic, payload, device_id, received_at)
                    SELECT 'letter-' || n, CASE n % 2 WHEN 0 THEN 'invalid_json' ELSE 'invalid_value' END, 'no JSON', 'preprocessor',
                        'sensors/boiler-1/temperature', '\\x7b00ff'::bytea, 'boiler-1', now() - n * interval '1 minute'
                    FROM generate_series(1, 7) n;
                """)
            let series = SensorName(device: "boiler-1", sensor: "temperature")
            let step = AlertTransition(
                alertID: "a-1", ordinal: 1, fingerprint: AlertFingerprint(series: series, detector: "zscore"),
                from: nil,
                to: .firing, at: .now(), cause: .fired, why: "too hot", severity: .warning, telling: .told)
            _ = try await AlertTable(connection: connection).store([step])
        }
    }

    @IOThread
    private static func fillRedis(_ url: String) async throws {
        let connection = RedisConnection(try RedisConfiguration(url: url))
        connection.start()
        defer { connection.close() }
        try #require(await connection.isConnected(within: .seconds(60)))
        let now = Timestamp.now()
        try await connection.send(
            "HSET", "sensor:boiler-1:temperature", "value", "21.5", "timestamp", now.iso8601, "unit", "C")
        for number in 0..<70 {
            let time = now.advanced(by: .seconds(number - 69))
            let reading =
                #"{"timestamp":"\#(time.iso8601)","event_id":"e-\#(number)","device_id":"boiler-1","#
                + #""sensor_type":"temperature","value":\#(number),"unit":"C","quality":1.0}"#
            try await connection.send("LPUSH", "ts:boiler-1:temperature", reading)
        }
    }
}
