import Foundation
import HTTPEndpoints
import Processes
import TestServers
import Testing

/// What the monitor answers out of PostgreSQL and Redis.
@Suite(.timeLimit(.minutes(3))) struct MonitorAPITests {
    @Test func `devices come with what their sensors said, those with open alerts first`() async throws {
        try await MonitorFixture.with { monitor in
            let all = try await monitor.object("/api/devices")
            #expect(all["total"] as? Int == 4)
            let devices = try #require(all["devices"] as? [[String: Any]])
            #expect(
                devices.map { $0["device"] as? String } == ["boiler-1", "device-00001", "device-00002", "device-00003"])
            #expect(devices[0]["open_alerts"] as? Int == 1 && devices[0]["presence"] as? String == "online")
            #expect(devices[1]["presence"] as? String == "unknown" && devices[1]["presence_since"] == nil)
            let sensors = try #require(devices[0]["sensors"] as? [[String: Any]])
            #expect(sensors.map { $0["sensor"] as? String } == ["humidity", "temperature"])
            // Redis has one of them; of the other the rollups know the last value.
            #expect(sensors[0]["value"] as? Double == 7 && sensors[0]["unit"] == nil)
            #expect(sensors[1]["value"] as? Double == 21.5 && sensors[1]["unit"] as? String == "C")
            let recent = try #require(sensors[1]["recent"] as? [[Double]])
            #expect(recent.count == 60 && recent.last?.last == 69 && recent.first?.last == 10)
            let page = try await monitor.object("/api/devices?query=DEVICE&limit=1&offset=2")
            #expect(page["total"] as? Int == 3)
            #expect((page["devices"] as? [[String: Any]])?.map { $0["device"] as? String } == ["device-00003"])
            #expect(try await monitor.object("/api/devices/boiler-1")["device"] as? String == "boiler-1")
            #expect(try await monitor.get("/api/devices/boiler-2").status == 404)
        }
    }

    @Test func `a series is raw over hours, and rollups over more`() async throws {
        try await MonitorFixture.with { monitor in
            let hour = try await monitor.object("/api/series/boiler-1/temperature?points=100")
            #expect(hour["resolution"] as? String == "raw" && hour["unit"] as? String == "C")
            let points = try #require(hour["points"] as? [[Double]])
            #expect((50...100).contains(points.count) && points.allSatisfy { $0.count == 2 })
            #expect(zip(points, points.dropFirst()).allSatisfy { $0[0] < $1[0] })
            // Thinned out, the least and the greatest are still there.
            #expect(points.map { $0[1] }.min() == 0 && points.map { $0[1] }.max() == 49)
            #expect(try #require(hour["band"] as? [[Double]]).allSatisfy { $0.count == 4 && $0[1] == 24.5 })
            #expect((hour["anomalies"] as? [[String: Any]])?.first?["why"] as? String == "too hot")
            #expect((hour["alerts"] as? [[String: Any]])?.first?["id"] as? String == "a-1")
            let day = try await monitor.object("/api/series/boiler-1/temperature?from=24h&points=2000")
            #expect(day["resolution"] as? String == "1m")
            #expect(try #require(day["points"] as? [[Double]]).allSatisfy { $0.count == 5 && $0[4] == 60 })
            #expect(
                try await monitor.object("/api/series/boiler-1/temperature?from=24h")["resolution"] as? String == "1h")
            #expect(
                try await monitor.object("/api/series/boiler-1/temperature?from=90d")["resolution"] as? String == "1d")
            #expect(try await monitor.get("/api/series/boiler-1/pressure").status == 404)
            for query in ["from=1h&to=2h", "points=1", "from=yesterday", "until=1h"] {
                #expect(try await monitor.get("/api/series/boiler-1/temperature?\(query)").status == 400, "\(query)")
            }
        }
    }

    @Test func `alerts and silences are what the detectors answer`() async throws {
        try await MonitorFixture.with { monitor in
            let alerts = try await monitor.object("/api/alerts?device=boiler-*")
            #expect(alerts["total"] as? Int == 1)
            let one = try await monitor.object("/api/alerts/a")
            #expect((one["alert"] as? [String: Any])?["id"] as? String == "a-1")
            #expect(try await monitor.post("/api/alerts/ack", #"{"id":"a-1","by":"ann"}"#).status == 202)
            let silence = #"{"id":"s-1","matchers":["device=boiler-1"],"owner":"ann","reason":"work","for":"1h"}"#
            #expect(try await monitor.post("/api/silences", silence).status == 201)
            #expect((try await monitor.object("/api/silences")["silences"] as? [Any])?.count == 1)
            #expect(try await monitor.post("/api/silences/end", #"{"id":"s-1","by":"ann"}"#).status == 200)
            #expect((try await monitor.object("/api/silences?all")["silences"] as? [Any])?.count == 1)
        }
    }

    @Test func `dead letters are listed, shown, given up, and sent again as they came`() async throws {
        try await MonitorFixture.with { monitor in
            let list = try await monitor.object("/api/dlq?reason=invalid_json&limit=2")
            #expect(list["total"] as? Int == 3 && (list["dead_letters"] as? [Any])?.count == 2)
            let reasons = try #require(try await monitor.object("/api/dlq")["by_reason"] as? [[String: Any]])
            #expect(reasons.map { $0["reason"] as? String } == ["invalid_value", "invalid_json"])
            let one = try await monitor.object("/api/dlq/letter-1")
            #expect(one["payload_base64"] as? String == "ewD/" && one["payload_text"] == nil)
            #expect(one["sensor"] as? String == "temperature" && one["bytes"] as? Int == 3)
            #expect(try await monitor.post("/api/dlq/drop", #"{"ids":[2],"by":"ann"}"#).body == "{\"dropped\":1}\n")
            let replay = try await monitor.post("/api/dlq/replay", #"{"ids":[1,2,99]}"#)
            #expect(replay.status == 200)
            #expect(replay.body.hasPrefix(#"{"replayed":1,"refused":[{"id":2,"error":"dead letter 2 was given up"}"#))
            #expect(replay.body.contains(#"{"id":99,"error":"there is no dead letter 99"}"#))
            #expect(try await monitor.object("/api/dlq/1")["state"] as? String == "requested")
            #expect(try await monitor.object("/api/dlq")["total"] as? Int == 6)
            #expect(try await monitor.object("/api/dlq?state=all")["total"] as? Int == 7)
            for body in ["{}", #"{"ids":[]}"#, #"{"ids":[true]}"#, #"{"ids":[1.5]}"#, #"{"ids":[1],"x":1}"#] {
                #expect(try await monitor.post("/api/dlq/replay", body).status == 400, "\(body)")
            }
        }
    }

    @Test func `whoever has no token may look, and change nothing`() async throws {
        try await MonitorFixture.with { monitor in
            let stranger = OperatorClient()
            let paths = ["/api/devices", "/api/alerts", "/api/dlq", "/api/silences", "/api/session"]
            let replies = try await stranger.get(paths, host: "127.0.0.1", port: monitor.port, within: .seconds(60))
            #expect(replies.map(\.status) == [200, 200, 200, 200, 200])
            #expect(replies[4].body == #"{"reads":"open","changes":"token","authorized":false}"# + "\n")
            for path in ["/api/alerts/ack", "/api/silences", "/api/dlq/replay", "/api/dlq/drop"] {
                let reply = try await stranger.post(
                    path, "{}", host: "127.0.0.1", port: monitor.port, within: .seconds(60))
                #expect(reply.status == 401, "\(path)")
            }
        }
    }

    private static let nowhere = (
        postgres: "postgres://nobody@127.0.0.1:1/none?connect_timeout=2", redis: "redis://127.0.0.1:1",
        broker: "mqtt://127.0.0.1:1"
    )

    @Test func `on every address the ledger wants the token, and sluice ledger sends it`() async throws {
        let (postgres, redis, broker) = Self.nowhere
        try await MonitorFixture.withMonitor(postgres, redis, broker, ["--set", "http.host=0.0.0.0"]) { port in
            let paths = ["/ledger", "/api/ledger", "/api/status", "/healthz", "/api/session"]
            let replies = try await OperatorClient().get(paths, host: "127.0.0.1", port: port, within: .seconds(60))
            #expect(replies.map(\.status) == [401, 401, 401, 200, 200])
            let data = try TestDirectory.make()
            let command = Command(
                URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
                    .appendingPathComponent("sluice").path,
                ["ledger", "--url", "http://127.0.0.1:\(port)", "--data-dir", data, "--json", "--patience", "0s"],
                directory: data)
            let refused = try await command.run()
            #expect(refused.text.contains("/ledger answered 401, and no ledger: it wants the operators' token"))
            try MonitorFixture.token.write(toFile: data + "/operator-token", atomically: true, encoding: .utf8)
            let (status, text) = try await command.run()
            // Nobody has a spool here, so nothing is known of any.
            #expect(status == .exited(1) && text.contains(#""state":"unknown""#), "\(text)")
        }
    }

    @Test func `without PostgreSQL its routes say so, events tell it, and the rest works`() async throws {
        struct Enough: Error {}
        let (postgres, redis, broker) = Self.nowhere
        try await MonitorFixture.withMonitor(postgres, redis, broker) { port in
            await #expect(throws: Enough.self) {
                var text = ""
                try await OperatorClient().stream(
                    "/api/events", host: "127.0.0.1", port: port, connectingWithin: .seconds(30)
                ) { _, piece in
                    text += String(decoding: piece, as: UTF8.self)
                    if text.contains(#"data: {"known":false}"#) { throw Enough() }
                }
            }
            let paths = ["/api/devices", "/api/alerts", "/api/dlq", "/api/status", "/api/history", "/readyz"]
            let replies = try await OperatorClient().get(paths, host: "127.0.0.1", port: port, within: .seconds(60))
            #expect(replies.map(\.status) == [503, 503, 503, 200, 200, 200])
            #expect(replies[0].body.hasPrefix(#"{"error":"connect to postgres://"#), "\(replies[0].body)")
        }
    }

    @Test func `ten thousand devices are listed within moments`() async throws {
        try await MonitorFixture.with(devices: 10_000) { monitor in
            _ = try await monitor.get("/api/devices")
            let clock = ContinuousClock()
            var times: [Duration] = []
            for offset in stride(from: 0, to: 1_000, by: 100) {
                times.append(
                    try await clock.measure {
                        let page = try await monitor.get("/api/devices?query=device-0&limit=50&offset=\(offset)")
                        #expect(page.status == 200)
                    })
            }
            // Wide: this may be a debug build on a busy machine.
            #expect(try #require(times.min()) < .milliseconds(500), "\(times)")
        }
    }

    @Test func `events bring status, alerts and the ledger`() async throws {
        struct Enough: Error {}
        try await MonitorFixture.with { monitor in
            await #expect(throws: Enough.self) {
                var text = ""
                try await OperatorClient().stream(
                    "/api/events", host: "127.0.0.1", port: monitor.port, connectingWithin: .seconds(30)
                ) { _, piece in
                    text += String(decoding: piece, as: UTF8.self)
                    let kinds = ["status", "alerts", "ledger", "history"]
                    if kinds.allSatisfy({ text.contains("event: \($0)\n") }),
                        text.contains(#"data: {"known":true,"open":1,"#)
                    {
                        throw Enough()
                    }
                }
            }
        }
    }
}
