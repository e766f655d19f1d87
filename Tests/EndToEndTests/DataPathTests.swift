import Foundation
import MQTT
import Testing

extension EndToEnd {
    struct DataPathTests {
        @Test func `a reading goes from MQTT to PostgreSQL, Redis and the rollups`() async throws {
            try await withStack { stack in
                try await publishThreeForms(to: stack)
                try await expectStored(on: stack)
                try await expectInRedis(on: stack)
                try await Ledger(stack: stack).expectRollupsEqualSQL()
                #expect(try await stack.number("select sum(reading_count) from rollup_1h") == 5)
            }
        }

        @Test func `rules, registry and presence do what the original did`() async throws {
            try await withStack { stack in
                try await Publisher.publish(
                    [
                        .init("devices/oven/status", #"{"status": "online", "location": {"lat": 47.5, "lon": 8.5}}"#),
                        .init("sensors/oven/temperature", #"{"value": 151}"#),
                        .init("sensors/oven/temperature", #"{"value": 150}"#),
                        .init("sensors/oven/humidity", #"{"value": 104}"#),
                        .init("sensors/oven/pressure", #"{"value": 700}"#),
                    ], to: stack)
                let done = try await eventually(within: 60) {
                    let stored = try await stack.number("select count(*) from readings")
                    let dead = try await stack.number(
                        "select count(*) from dead_letters where reason = 'out_of_range'")
                    return stored == 2 && dead == 2
                }
                let found = try await stack.query("select sensor_type, value from readings")
                #expect(done, "stored: \(found)")
                #expect(try await stack.query("select value from readings where sensor_type = 'humidity'") == "100")
                let device = try await stack.query(
                    "select status, location->>'lat' from devices where device_id = 'oven'")
                #expect(device == "online|47.5")
                let annotated = try await stack.number(
                    "select count(*) from readings where metadata ? 'processed_at' and metadata ? 'pipeline_version'")
                #expect(annotated == 2)
            }
        }

        @Test func `an anomaly is in PostgreSQL, and an alert on MQTT`() async throws {
            try await withStack { stack in
                let listener = try await AlertListener.start(on: stack)
                // More than the default detector's warm-up.
                let steady = (0..<360).map {
                    Publisher.Message("sensors/pump/flow", #"{"value": \#(20 + Double($0 % 5) / 10)}"#)
                }
                try await Publisher.publish(steady, to: stack)
                try await Publisher.publish([.init("sensors/pump/flow", #"{"value": 900}"#)], to: stack)
                let stored = try await eventually(within: 60) {
                    try await stack.number("select count(*) from anomalies where device_id = 'pump'") == 1
                }
                #expect(stored)
                let heard = await eventually(within: 30) { await !listener.payloads.isEmpty }
                #expect(heard)
                let alert = try #require(await listener.payloads.first)
                #expect(alert.contains("\"pump\"") && alert.contains("900"))
                #expect(await listener.topics == ["alerts/pump/flow"])
                await listener.close()
            }
        }

        private func publishThreeForms(to stack: Stack) async throws {
            try await Publisher.publish(
                [
                    .init(
                        "sensors/dev-1/temperature",
                        #"{"value": 21.5, "unit": "C", "timestamp": "2026-03-01T12:00:00Z", "location": {"lat": 1}}"#),
                    .init("sensors/dev-1/temperature", #"[{"value": 22.5, "unit": "C", "timestamp": 1772366460}]"#),
                    .init(
                        "sensors/dev-1/temperature",
                        #"{"readings": [{"value": 23.5, "unit": "C", "timestamp": 1772366520000}]}"#),
                    .init("sensors/dev-2/humidity", #"{"value": 40, "metadata": {"room": "a"}}"#, qos: .atMostOnce),
                    .init("sensors/dev-2/humidity", #"{"value": 41}"#, qos: .exactlyOnce),
                ], to: stack)
        }

        private func expectStored(on stack: Stack) async throws {
            let stored = try await eventually(within: 60) {
                try await stack.number("select count(*) from readings") == 5
            }
            let found = try await stack.query("select * from readings")
            #expect(stored, "stored: \(found)")
            let first = try await stack.query(
                """
                select value, unit, location->>'lat', extract(epoch from time)::bigint
                from readings where device_id = 'dev-1' order by time
                """)
            #expect(first == "21.5|C|1|1772366400\n22.5|C||1772366460\n23.5|C||1772366520")
        }

        private func expectInRedis(on stack: Stack) async throws {
            let latest = try await eventually(within: 30) {
                try await stack.redis("HGET", "sensor:dev-1:temperature", "value").contains("23.5")
            }
            #expect(latest)
            #expect(try await stack.redis("LLEN", "ts:dev-1:temperature") == "3")
            let expiry = Int(try await stack.redis("TTL", "sensor:dev-1:temperature")) ?? -1
            #expect((3_400...3_600).contains(expiry), "expires in \(expiry) s")
        }
    }
}
