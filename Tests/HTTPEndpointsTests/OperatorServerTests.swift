import Foundation
import HTTPEndpoints
import Model
import Observability
import Settings
import Testing

@Suite struct OperatorServerTests {
    @Test func `a free port is taken and told`() async throws {
        try await Served.with { (served: Served) async throws in
            #expect(served.server.port > 0)
            #expect(served.server.url == "http://127.0.0.1:\(served.server.port)")
        }
    }

    @Test func `liveness needs a turning I/O thread only`() async throws {
        try await Served.with { (served: Served) async throws in
            let (status, body, headers) = try await served.ask("/livez")
            #expect(status == 200)
            #expect(body == "ok\n")
            #expect(headers["cache-control"] == "no-store")
        }
        try await Served.with(silence: .seconds(6)) { (served: Served) async throws in
            let (status, body, _) = try await served.ask("/livez")
            #expect(status == 503)
            #expect(body == "the I/O thread has not turned for 6 s\n")
        }
    }

    @Test func `readiness is red while starting, green when running, red when draining`() async throws {
        try await Served.with { (served: Served) async throws in
            #expect(try await served.ask("/readyz").0 == 503)
            served.health.enter(.running)
            #expect(try await served.ask("/readyz").0 == 200)
            served.health.enter(.draining)
            let (status, body, headers) = try await served.ask("/readyz")
            #expect(status == 503)
            #expect(headers["retry-after"] == "2")
            #expect(body == "[-]lifecycle failed: draining\nreadyz check failed\n")
        }
    }

    @Test func `verbose readiness has Kubernetes' lines`() async throws {
        try await Served.with { (served: Served) async throws in
            served.health.enter(.running)
            served.health.check("postgres").report(.fail, "connection refused")
            served.health.check("redis").report(.degraded, "away")
            let (status, body, _) = try await served.ask("/readyz?verbose")
            #expect(status == 503)
            let lines = [
                "[+]lifecycle ok", "[-]postgres failed: connection refused", "[+]redis ok: degraded: away",
                "readyz check failed",
            ]
            #expect(body.split(separator: "\n").map { String($0) } == lines)
        }
    }

    @Test func `a check can be excluded`() async throws {
        try await Served.with { (served: Served) async throws in
            served.health.enter(.running)
            served.health.check("postgres").report(.fail, "connection refused")
            let (status, body, _) = try await served.ask("/readyz?verbose=1&exclude=postgres,nothing")
            #expect(status == 200)
            #expect(body.contains("[+]postgres excluded: ok\n"))
            #expect(body.contains("warn: there is no check 'nothing' to exclude\n"))
            #expect(body.hasSuffix("readyz check passed\n"))
        }
    }

    @Test func `one check can be asked alone`() async throws {
        try await Served.with { (served: Served) async throws in
            served.health.check("postgres").report(.fail, "connection refused")
            served.health.check("redis").report(.degraded, "away")
            #expect(try await served.ask("/readyz/postgres").0 == 503)
            #expect(try await served.ask("/readyz/redis").0 == 200)
            #expect(try await served.ask("/readyz/none").0 == 404)
        }
    }

    @Test func `health is JSON with every check`() async throws {
        try await Served.with { (served: Served) async throws in
            served.health.enter(.running)
            served.health.check("redis").report(.degraded, "cannot \"reach\" it")
            let (status, body, headers) = try await served.ask("/healthz")
            #expect(status == 200)
            #expect(headers["content-type"] == "application/json")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
            #expect(object["status"] as? String == "degraded")
            #expect(object["phase"] as? String == "running")
            #expect(object["instance"] as? String == "sample-1")
            #expect(object["version"] as? String == ServiceIdentity.productVersion)
            #expect((object["uptime"] as? Int).map { $0 >= 0 } == true)
            let checks = try #require(object["checks"] as? [[String: String]])
            #expect(checks.map { $0["name"] } == ["lifecycle", "redis"])
            #expect(checks.last?["status"] == "degraded")
            #expect(checks.last?["detail"] == "cannot \"reach\" it")
            #expect(checks.last?["since"]?.hasSuffix("Z") == true)
        }
    }

    @Test func `metrics, version and settings are there`() async throws {
        try await Served.with { (served: Served) async throws in
            served.metrics.counter("sluice_things_total", "Things.").add(2)
            let (_, metrics, headers) = try await served.ask("/metrics")
            #expect(headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.contains("\nsluice_things_total 2\n"))
            #expect(try await served.ask("/version").1.contains(#""version":"\#(ServiceIdentity.productVersion)""#))
            #expect(try await served.ask("/config").1 == "# config_version: \n# last reload: none\nhttp:\n  port: 0\n")
            #expect(try await served.ask("/nothing").0 == 404)
        }
    }

    @Test func `HEAD is GET without a body`() async throws {
        try await Served.with { (served: Served) async throws in
            let (status, body, headers) = try await served.ask("/livez", method: "HEAD")
            #expect(status == 200)
            #expect(body.isEmpty)
            #expect(headers["content-length"] == "3")
        }
    }

    @Test func `a service's own route sees its query`() async throws {
        let route = HTTPRoute("/echo") { question in .json("{\"x\":\"\(question.query["x"] ?? "")\"}") }
        try await Served.with(routes: [route]) { (served: Served) async throws in
            #expect(try await served.ask("/echo?x=5").1 == #"{"x":"5"}"#)
        }
    }

    @Test func `a taken port is refused with a sentence`() async throws {
        try await Served.with { (served: Served) async throws in
            let pages = OperatorPages(
                identity: ServiceIdentity(service: "b", instance: "b-1"), health: HealthBoard(),
                metrics: MetricsRegistry())
            let settings = try Served.settings(port: served.server.port)
            do {
                let second = try await OperatorServer.start(on: settings, pages: pages)
                await second.stop()
                Issue.record("two servers on one port")
            } catch let failure as OperatorServer.BindFailure {
                #expect("\(failure)".hasPrefix("cannot listen on http://127.0.0.1:\(served.server.port): "))
                #expect(failure.isRetriable)
            }
        }
    }

    @Test func `nobody answers after the stop`() async throws {
        let served = try await Served()
        await served.server.stop()
        await #expect(throws: (any Error).self) { _ = try await served.ask("/livez") }
    }

    @Test func `since moves with the status, not with the detail`() {
        let board = HealthBoard()
        let check = board.check("a")
        check.report(.ok, "", at: .init(seconds: 100))
        check.report(.ok, "still", at: .init(seconds: 200))
        #expect(board.checks.last?.since == .init(seconds: 100))
        check.report(.fail, "gone", at: .init(seconds: 300))
        #expect(board.checks.last?.since == .init(seconds: 300))
    }
}
