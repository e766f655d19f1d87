import Foundation
import Glibc
import IOLoop
import LocalServers
import MQTT
import Processes
import SQLite
import TestServers
import Testing

/// The built service between two real brokers.
@Suite(.serialized)
@IOThread
struct EdgeProcessorServiceTests {
    /// Sends every reading: no two are equal.
    private let everything = [
        "edge_processor.other_sensors.transmission=dead-band", "edge_processor.other_sensors.band=0",
    ]

    private func publisher(_ port: UInt16) async throws -> MQTTClient {
        var options = MQTTOptions(
            host: "127.0.0.1", port: port, clientID: "devices-\(UInt32.random(in: 0 ... .max))")
        options.sendMaximum = 200
        let client = try MQTTClient(options)
        client.connect()
        try await client.waitUntilConnected()
        return client
    }

    /// So that what is published before the first start is queued for it.
    private func establishSession(_ edge: EdgeProcess) async throws {
        let child = try edge.start()
        try await eventually { edge.log.contains("\"started\"") }
        try await ready(edge)
        #expect(await child.stop(within: .seconds(60)).isSuccess)
    }

    private func ready(_ edge: EdgeProcess) async throws {
        try await eventually {
            guard let url = edge.log.matches(of: /"url":"(http:[^"]+)"/).last?.output.1 else { return false }
            return try await Command("/usr/bin/curl", ["-sf", "\(url)/readyz/local"]).run().status.isSuccess
        }
    }

    @Test func `with the uplink cut and the process killed twice, everything arrives once and in order`() async throws {
        try await withPrivateMosquitto { local in
            try await withPrivateMosquitto { central in
                try await survives(local.server.port, central)
            }
        }
    }

    private func survives(_ port: UInt16, _ central: RunningServer) async throws {
        let edge = try EdgeProcess(local: port, uplink: central.server.port, settings: everything)
        try await establishSession(edge)
        let centre = try await Centre(port: central.server.port)
        let devices = try await publisher(port)
        var child = try edge.start()
        let total = 3_000
        var running = central
        for number in 0..<total {
            await devices.room()
            try devices.publish(topic: "sensors/pump/flow", payload: Array("{\"value\":\(number)}".utf8))
            if number % 20 == 19 { await EventLoop.sleep(for: .milliseconds(20)) }
            switch number {
            case 500: await running.stop()
            case 1_000, 2_000:
                child.signal(SIGKILL)
                _ = await child.exitStatus(within: .seconds(60))
                child = try edge.start()
            case 2_500: running = try await TestServers.restart(central.server)
            default: break
            }
        }
        await devices.allConfirmed()
        try await eventually(within: .seconds(120)) { centre.heard.count >= total }
        #expect(centre.values == Array(0..<total))
        #expect(centre.numbers == Array(1...total))
        #expect(Set(centre.heard.map { $0.delivery.split(separator: ":")[0] }).count == 1)
        #expect(await child.stop(within: .seconds(60)).isSuccess)
        devices.close()
        centre.close()
        await running.stop()
    }

    @Test func `a spool that is too small for the outage thins the oldest, and says how many`() async throws {
        try await withPrivateMosquitto { local in
            try await withPrivateMosquitto { central in
                try await thins(local.server.port, central)
            }
        }
    }

    private func thins(_ port: UInt16, _ central: RunningServer) async throws {
        let edge = try EdgeProcess(
            local: port, uplink: central.server.port, settings: everything + ["edge_processor.spool.limit=256KiB"])
        try await establishSession(edge)
        let centre = try await Centre(port: central.server.port)
        await central.stop()
        let child = try edge.start()
        let devices = try await publisher(port)
        let total = 4_000
        for number in 0..<total {
            await devices.room()
            try devices.publish(topic: "sensors/pump/flow", payload: Array("{\"value\":\(number)}".utf8))
        }
        await devices.allConfirmed()
        try await eventually { edge.log.contains("every second of the oldest readings was given up") }
        let restarted = try await TestServers.restart(central.server)
        func thinned(_ payload: String) -> Int {
            payload.firstMatch(of: /"thinned":([0-9]+)/).flatMap { Int($0.output.1) } ?? 0
        }
        try await eventually(within: .seconds(120)) {
            centre.heard.reduce(0) { $0 + 1 + thinned($1.payload) } >= total
        }
        #expect(centre.heard.reduce(0) { $0 + 1 + thinned($1.payload) } == total)
        #expect(centre.heard.count < total)
        #expect(centre.values == centre.values.sorted())
        #expect(centre.values.first == 0 && centre.values.last == total - 1)
        #expect(await child.stop(within: .seconds(60)).isSuccess)
        devices.close()
        centre.close()
        await restarted.stop()
    }

    @Test func `presence and what is no reading go on as they came`() async throws {
        try await withPrivateMosquitto { local in
            try await withPrivateMosquitto { central in
                let edge = try EdgeProcess(local: local.server.port, uplink: central.server.port)
                try await establishSession(edge)
                let centre = try await Centre(port: central.server.port)
                let child = try edge.start()
                let devices = try await publisher(local.server.port)
                try devices.publish(topic: "devices/pump/status", payload: Array("online".utf8))
                try devices.publish(topic: "sensors/pump/flow", payload: Array("21,5".utf8))
                try devices.publish(
                    topic: "sensors/pump/flow", payload: Array(#"{"value":1,"unit":"l/s","metadata":{"a":1}}"#.utf8))
                try await eventually { centre.heard.count == 3 }
                #expect(centre.heard.map(\.topic) == ["devices/pump/status", "sensors/pump/flow", "sensors/pump/flow"])
                #expect(centre.heard.prefix(2).map(\.payload) == ["online", "21,5"])
                #expect(centre.heard[2].payload.contains(#""metadata":{"a":1,"raw_value":1"#))
                #expect(await child.stop(within: .seconds(60)).isSuccess)
                devices.close()
                centre.close()
            }
        }
    }

    @Test func `JSON lines on standard input are readings, and their end is the end`() async throws {
        try await withPrivateMosquitto { central in
            let edge = try EdgeProcess(local: 1, uplink: central.server.port, settings: everything)
            let centre = try await Centre(port: central.server.port)
            let lines = (0..<500).map { #"{"device_id":"d","sensor_type":"s","value":\#($0)}"# } + ["nonsense", ""]
            let file = "\(edge.directory)/lines"
            try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await edge.run(input: file), "\(edge.log)")
            try await eventually { centre.heard.count >= 500 }
            #expect(centre.values == Array(0..<500))
            #expect(edge.log.contains("a line is no reading with device_id and sensor_type"))
            centre.close()
        }
    }

    @Test func `what a swinging door held when the process was killed is sent`() async throws {
        try await withPrivateMosquitto { local in
            try await withPrivateMosquitto { central in
                let edge = try EdgeProcess(
                    local: local.server.port, uplink: central.server.port,
                    settings: [
                        "edge_processor.other_sensors.transmission=swinging-door",
                        "edge_processor.other_sensors.deviation=5",
                    ])
                try await establishSession(edge)
                let centre = try await Centre(port: central.server.port)
                var child = try edge.start()
                let devices = try await publisher(local.server.port)
                for number in 1...20 {
                    let payload = "{\"value\":\(number),\"timestamp\":\(1_795_377_600 + number)}"
                    try await devices.publishAndWait(topic: "sensors/pump/flow", payload: Array(payload.utf8))
                }
                try await eventually { centre.heard.count == 1 }
                // The twentieth is acknowledged and on disk when nothing waits for the linger any more.
                try await eventually { try held(edge) == 20 }
                child.signal(SIGKILL)
                _ = await child.exitStatus(within: .seconds(60))
                child = try edge.start()
                try await eventually { centre.heard.count == 2 }
                #expect(centre.values == [1, 20])
                #expect(await child.stop(within: .seconds(60)).isSuccess)
                devices.close()
                centre.close()
            }
        }
    }

    /// The raw value that the spool holds, read beside the process.
    private func held(_ edge: EdgeProcess) throws -> Int? {
        let database = try Database(path: "\(edge.directory)/spool.sqlite", access: .read)
        let select = try database.prepare("SELECT payload FROM held")
        guard try select.step() else { return nil }
        let payload = String(decoding: select.blob(0), as: UTF8.self)
        return payload.firstMatch(of: /"raw_value":([0-9]+)/).flatMap { Int($0.output.1) }
    }
}
