import Foundation
import IOLoop
import LocalServers
import MQTT
import Processes
import TestServers
import Testing

extension EndToEnd {
    /// A gateway before a whole Sluice.
    struct EdgeTests {
        @Test func `what a gateway sends is stored once though gateway and ingest are killed`() async throws {
            try await withStack { stack in
                try await withPrivateMosquitto { local in
                    try await sends(stack, local.server.port)
                }
            }
        }

        private func sends(_ stack: Stack, _ port: UInt16) async throws {
            let broker = try await stack.status().infrastructure.mqtt
            let folder = try TestDirectory.make()
            let flags = [
                "http.port=0", "edge_processor.spool.file=\(folder)/spool.sqlite",
                "edge_processor.local.url=mqtt://127.0.0.1:\(port)",
                "edge_processor.uplink.url=mqtt://\(broker.host):\(broker.port)",
                "edge_processor.other_sensors.transmission=dead-band", "edge_processor.other_sensors.band=0",
            ].flatMap { ["--set", $0] }
            let command = Command(
                Shell.product("edge-processor").path, ["--instance", "edge-1"] + flags, directory: folder,
                output: .appended(to: "\(folder)/log"))
            func log() -> String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "" }
            var child = try ChildProcess.spawn(command)
            // The local broker queues for a session that it knows.
            #expect(await eventually(within: 60) { log().contains("\"started\"") })
            #expect(
                try await eventually(within: 60) {
                    try await publish(-1, to: port)
                    return try await stack.number("select count(*) from readings where device_id = 'probe'") > 0
                })
            for round in 0..<4 {
                for number in 0..<250 { try await publish(round * 250 + number, to: port) }
                child.signal(SIGKILL)
                _ = await child.exitStatus(within: .seconds(60))
                let ingest = try await stack.signal("mqtt-ingest", SIGKILL)
                child = try ChildProcess.spawn(command)
                #expect(try await stack.waitForSuccessor(of: ingest, as: "mqtt-ingest"))
            }
            #expect(try await stack.reaches(1_000, "select count(*) from readings where device_id = 'pump'"))
            await child.stop(within: .seconds(60))
            let distinct = "select count(distinct metadata->>'raw_value') from readings where device_id = 'pump'"
            #expect(try await stack.number(distinct) == 1_000)
            #expect(try await stack.number("select count(*) from readings where device_id = 'pump'") == 1_000)
            #expect(try await stack.number("select count(*) from dead_letters") == 0)
            #expect(
                try await stack.number(
                    "select count(*) from readings where device_id = 'pump' and metadata->>'gateway' = 'edge-1'")
                    == 1_000)
            #expect(try await stack.number("select count(*) from readings where quality < 1") > 0)
        }

        @IOThread
        private func publish(_ number: Int, to port: UInt16) async throws {
            let client = try await Self.publisher(port)
            let topic = number < 0 ? "sensors/probe/flow" : "sensors/pump/flow"
            // No two in a row are equal, so that all of them are sent.
            let value = number < 0 ? Double.random(in: 1...2) : Double(number)
            try await client.publishAndWait(topic: topic, payload: Array("{\"value\":\(value)}".utf8))
        }

        @IOThread private static var clients: [UInt16: MQTTClient] = [:]

        @IOThread
        private static func publisher(_ port: UInt16) async throws -> MQTTClient {
            if let known = clients[port] { return known }
            let client = try MQTTClient(MQTTOptions(host: "127.0.0.1", port: port, clientID: "devices"))
            client.connect()
            try await client.waitUntilConnected()
            clients[port] = client
            return client
        }
    }
}
