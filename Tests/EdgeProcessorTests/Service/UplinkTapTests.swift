import IOLoop
import LocalServers
import MQTT
import Model
import Processes
import TestServers
import Testing

@testable import EdgeProcessor
@testable import StageRuntime

@IOThread
struct UplinkTapTests {
    private func message(_ device: String, score: Double) -> UplinkMessage {
        UplinkMessage(
            ProcessedReading(
                device: device, sensor: "flow", timestamp: Timestamp(seconds: 1_795_377_600), number: 1, raw: 21.5,
                processed: 21.25, quality: 0.875, anomalyScore: score, decision: .send(.changed)),
            ReadingContext(unit: "l/s"), gateway: "gw")
    }

    @Test func `readings are shown as they are sent, and what is no reading is not`() throws {
        let taps = ReadingTaps()
        let tap = UplinkTap(taps)
        tap.show([message("early", score: 0)])
        let all = try #require(taps.open(TapFilter()))
        let odd = try #require(taps.open(TapFilter(anomalies: .only)))
        tap.show([
            message("a", score: 0.8), UplinkMessage(verbatim: "devices/a/status", Array("online".utf8)),
            message("b", score: 0.9), UplinkMessage(verbatim: "sensors/c/flow", Array("21,5".utf8)),
        ])
        let shown = all.take().readings
        #expect(shown.map(\.series.device) == ["a", "b"])
        #expect(shown.map(\.value) == [21.25, 21.25] && shown.map(\.quality) == [0.875, 0.875])
        #expect(shown.map(\.anomalyScore) == [0.8, 0.9] && shown[0].series.unit == "l/s")
        #expect(odd.take().readings.map(\.series.device) == ["b"])
    }

    @Test func `whoever has the token looks on at a gateway`() async throws {
        try await withPrivateMosquitto { local in
            try await withPrivateMosquitto { central in
                let settings = ["http.operator_token=secret", "edge_processor.other_sensors.transmission=dead-band"]
                let edge = try EdgeProcess(
                    local: local.server.port, uplink: central.server.port,
                    settings: settings + ["edge_processor.other_sensors.band=0"])
                let child = try edge.start()
                let lines = try await look(at: edge, publishingTo: local.server.port)
                #expect(lines.count == 3, "\(lines)")
                for line in lines {
                    #expect(line.hasPrefix(#"{"device":"pump","sensor":"flow","time":""#))
                    #expect(line.contains(#""stage":"edge-processor","instance":"edge-"#))
                }
                #expect(await child.stop(within: .seconds(60)).isSuccess)
            }
        }
    }

    /// The first three readings that a tap shows, and that nobody sees them without the token.
    private func look(at edge: EdgeProcess, publishingTo port: UInt16) async throws -> [Substring] {
        let devices = try MQTTClient(MQTTOptions(host: "127.0.0.1", port: port, clientID: "devices"))
        defer { devices.close() }
        devices.connect()
        try await devices.waitUntilConnected()
        try await eventually { edge.url != nil }
        let url = try #require(edge.url)
        let refused = try await Command(
            "/usr/bin/curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "\(url)/tap"]
        ).run().text
        #expect(refused == "401")
        let script =
            "curl -sN --max-time 60 -H 'Authorization: Bearer secret' '\(url)/tap?device=pump' | grep -m 3 pump"
        let done = Completion()
        let reader = Task {
            defer { done.isReached = true }
            return try await Command("/bin/sh", ["-c", script]).run().text
        }
        var number = 0
        while !done.isReached {
            number += 1
            for device in ["pump", "fan"] {
                try await devices.publishAndWait(
                    topic: "sensors/\(device)/flow", payload: Array("{\"value\":\(number)}".utf8))
            }
            await EventLoop.sleep(for: .milliseconds(20))
        }
        return try await reader.value.split(separator: "\n")
    }

    @IOThread
    private final class Completion {
        var isReached = false
    }
}
