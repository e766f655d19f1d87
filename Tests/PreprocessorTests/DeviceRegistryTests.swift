import IOLoop
import Model
import Observability
import PostgreSQL
import Redis
import Schema
import TestServers
import Testing

@testable import Preprocessor

@IOThread @Suite struct DeviceRegistryTests {
    /// A registry with its connections, on the servers of a test.
    @IOThread private struct Fixture {
        let gauges = Gauges()
        let board = HealthBoard()
        let session: PostgreSQLSession
        let redis: RedisConnection
        let transform: PreprocessorTransform
        let registry: DeviceRegistry

        init(postgres: String, redis url: String) throws {
            session = PostgreSQLSession(PostgreSQLConfiguration(url: postgres, applicationName: "test"))
            redis = RedisConnection(try RedisConfiguration(url: url))
            let transform = PreprocessorTransform(
                ProcessorList(rules: [], pipelineVersion: "1", metrics: gauges.metrics))
            self.transform = transform
            registry = DeviceRegistry(
                table: RegistryTable(session: session), cache: RegistryCache(redis: redis, instance: "test"),
                interval: .milliseconds(100), metrics: gauges.metrics, health: board.check("device_registry")
            ) { transform.use(locations: $0) }
            redis.start()
        }

        var check: HealthBoard.Check? { board.checks.first { $0.name == "device_registry" } }

        func location(of device: String) async throws -> String? {
            try await transform.transform(batch((device, "t", 1)), redelivered: false)?.locations.first?.text
        }

        func close() {
            registry.close()
            session.close()
            redis.close()
        }
    }

    private static let nowhere = "postgres://sluice@127.0.0.1:1/sluice"
    private static let noRedis = "redis://127.0.0.1:1"

    private func fill(_ url: String, _ statement: String) async throws {
        let connection = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: url, applicationName: "test"))
        _ = try await Migrations.apply(on: connection)
        _ = try await connection.execute(statement)
        connection.close()
    }

    @Test func `before the tables are there it waits, which is no fault`() async throws {
        try await withPostgreSQL { postgres in
            let fixture = try Fixture(postgres: postgres, redis: Self.noRedis)
            #expect(await fixture.registry.refresh() == false)
            #expect(fixture.check?.detail.hasPrefix("the table devices is not there yet") == true)
            #expect(fixture.gauges.shows(#"sluice_events_total{event="schema_awaited"} 1"#))
            #expect(fixture.gauges.shows(#"sluice_errors_total{error_type="registry_unreadable"} 0"#))
            try await fill(postgres, "SELECT 1")
            #expect(await fixture.registry.refresh())
            #expect(fixture.check?.status == .ok)
            fixture.close()
        }
    }

    @Test func `locations come from PostgreSQL and are kept in Redis`() async throws {
        try await withPostgreSQL { postgres in
            try await withRedis { redis in
                try await fill(
                    postgres,
                    """
                    INSERT INTO devices (device_id, location) VALUES
                        ('a', '{"lat": 48.1, "lon": 11.5}'), ('b', NULL), ('c', '{"room": "kitchen"}'), ('d', '[1]'), ('e', '{}')
                    """)
                let fixture = try Fixture(postgres: postgres, redis: redis)
                await fixture.registry.refresh()
                #expect(fixture.registry.locations == ["a": #"{"lat": 48.1, "lon": 11.5}"#])
                let given = try await fixture.location(of: "a")
                #expect(given == #"{"lat": 48.1, "lon": 11.5}"#)
                let cached = try await fixture.redis.send("HGETALL", "devices:locations").fields
                #expect(cached == ["a": #"{"lat": 48.1, "lon": 11.5}"#])
                #expect(fixture.check?.status == .ok)
                #expect(fixture.gauges.shows("sluice_registry_devices 1"))
                fixture.close()
            }
        }
    }

    @Test func `a start without PostgreSQL goes on with what Redis has`() async throws {
        try await withRedis { redis in
            let fixture = try Fixture(postgres: Self.nowhere, redis: redis)
            #expect(await fixture.redis.isConnected(within: .seconds(30)))
            try await fixture.redis.send("HSET", "devices:locations", "a", #"{"x":1}"#)
            await fixture.registry.refresh()
            let given = try await fixture.location(of: "a")
            #expect(given == #"{"x":1}"#)
            #expect(fixture.check?.status == .degraded)
            #expect(fixture.check?.detail.hasSuffix("going on with the locations in Redis") == true)
            fixture.close()
        }
    }

    /// U+00E9, and e with U+0301.
    @Test func `two devices whose names differ in bytes alone have two locations`() async throws {
        try await withPostgreSQL { postgres in
            try await withRedis { redis in
                let names = ["caf\u{e9}", "cafe\u{301}"]
                try await fill(
                    postgres,
                    "INSERT INTO devices (device_id, location) VALUES "
                        + "('\(names[0])', '{\"x\": 1}'), ('\(names[1])', '{\"x\": 2}')")
                let fixture = try Fixture(postgres: postgres, redis: redis)
                await fixture.registry.refresh()
                let cold = try Fixture(postgres: Self.nowhere, redis: redis)
                await cold.registry.refresh()
                for fixture in [fixture, cold] {
                    let locations = [
                        try await fixture.location(of: names[0]), try await fixture.location(of: names[1]),
                    ]
                    #expect(locations == [#"{"x": 1}"#, #"{"x": 2}"#])
                    fixture.close()
                }
            }
        }
    }

    @Test func `without Redis PostgreSQL is enough`() async throws {
        try await withPostgreSQL { postgres in
            try await fill(postgres, #"INSERT INTO devices (device_id, location) VALUES ('a', '{"x": 1}')"#)
            let fixture = try Fixture(postgres: postgres, redis: Self.noRedis)
            await fixture.registry.refresh()
            let given = try await fixture.location(of: "a")
            #expect(given == #"{"x": 1}"#)
            #expect(fixture.check?.status == .ok)
            fixture.close()
        }
    }

    @Test func `without both readings go on without locations`() async throws {
        let fixture = try Fixture(postgres: Self.nowhere, redis: Self.noRedis)
        await fixture.registry.refresh()
        let given = try await fixture.location(of: "a")
        #expect(given == nil)
        #expect(fixture.check?.status == .degraded)
        #expect(fixture.check?.detail.hasSuffix("no locations are known") == true)
        fixture.close()
    }

    @Test func `a change in the registry reaches readings after the next refresh`() async throws {
        try await withPostgreSQL { postgres in
            try await withRedis { redis in
                try await fill(postgres, #"INSERT INTO devices (device_id, location) VALUES ('a', '{"x": 1}')"#)
                let fixture = try Fixture(postgres: postgres, redis: redis)
                await fixture.registry.run()
                try await fill(
                    postgres, #"UPDATE devices SET location = '{"x": 2}'; INSERT INTO devices VALUES ('b')"#)
                try await until { try await fixture.location(of: "a") == #"{"x": 2}"# }
                try await fill(postgres, "DELETE FROM devices")
                try await until { try await fixture.location(of: "a") == nil }
                try await until { try await fixture.redis.send("EXISTS", "devices:locations").integer == 0 }
                fixture.close()
            }
        }
    }
}
