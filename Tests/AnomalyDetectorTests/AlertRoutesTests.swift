import AlertRecords
import Alerting
import DatabaseRoutes
import Foundation
import HTTPEndpoints
import IOLoop
import Model
import Observability
import PostgreSQL
import Schema
import Settings
import TestServers
import Testing

@testable import AnomalyDetector

/// Over a real server and a real database.
@IOThread
struct AlertRoutesTests {
    private struct Section: SettingsSection {
        static let section = "http"
        let http: HTTPSettings
        init(from reader: SettingsReader) { http = HTTPSettings(from: reader) }
    }

    private struct Asked {
        let server: OperatorServer
        let client = OperatorClient(token: Secret("secret"))

        func get(_ path: String) async throws -> HTTPReply {
            try await client.get([path], host: server.host, port: server.port, within: .seconds(60))[0]
        }

        func post(_ path: String, _ body: String) async throws -> HTTPReply {
            try await client.post(path, body, host: server.host, port: server.port, within: .seconds(60))
        }
    }

    private func serve(_ url: String, _ body: @IOThread (Asked) async throws -> Void) async throws {
        let desk = DatabaseDesk(PostgreSQLSession(PostgreSQLConfiguration(url: url, applicationName: "test")))
        defer { desk.close() }
        let table = RouteTable()
        for route in AlertRoutes(desk).routes { table.add(route) }
        let settings = try SettingsDocument(yaml: "http: {operator_token: secret}", environment: [:])
            .decode(Section.self).http
        let pages = OperatorPages(
            identity: ServiceIdentity(service: "s", instance: "s-1"), health: HealthBoard(), metrics: MetricsRegistry())
        let server = try await OperatorServer.start(on: settings, pages: pages, routes: table)
        do {
            try await body(Asked(server: server))
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func withAlert(_ body: @IOThread (Asked, PostgreSQLConnection) async throws -> Void) async throws {
        try await withPostgreSQL { url in
            let connection = try await PostgreSQLConnection.connect(
                PostgreSQLConfiguration(url: url, applicationName: "test"))
            defer { connection.close() }
            try await Migrations.apply(on: connection)
            let series = SensorName(device: "boiler-1", sensor: "temperature")
            for (id, state) in [("a-1", AlertState.firing), ("b-1", .pending)] {
                let step = AlertTransition(
                    alertID: id, ordinal: 1, fingerprint: AlertFingerprint(series: series, detector: id), from: nil,
                    to: state, at: .now(), cause: .fired, why: "too hot", severity: .warning, telling: .told)
                _ = try await AlertTable(connection: connection).store([step])
            }
            try await serve(url) { try await body($0, connection) }
        }
    }

    @Test func `alerts are listed and shown to whoever has the token`() async throws {
        try await withAlert { asked, _ in
            let all = try await asked.get("/api/alerts")
            #expect(all.status == 200 && all.body.contains(#""total":2"#), "\(all.body)")
            let firing = try await asked.get("/api/alerts?state=firing&device=boiler-*&limit=5")
            #expect(firing.body.contains("a-1") && !firing.body.contains("b-1"), "\(firing.body)")
            #expect(try await asked.get("/api/alerts/show?id=a").body.contains(#""transitions":["#))
            #expect(try await asked.get("/api/alerts/show?id=z").status == 404)
            for path in ["/api/alerts?state=x", "/api/alerts?limit=0", "/api/alerts?colour=red", "/api/alerts/show"] {
                let refused = try await asked.get(path)
                #expect(refused.status == 400 && refused.body.hasPrefix(#"{"error":""#), "\(refused.body)")
            }
            let stranger = try await OperatorClient().get(
                ["/api/alerts"], host: asked.server.host, port: asked.server.port, within: .seconds(60))
            #expect(stranger[0].status == 401)
        }
    }

    @Test func `an acknowledgement is asked for where its owner finds it`() async throws {
        try await withAlert { asked, connection in
            let reply = try await asked.post("/api/alerts/ack", #"{"id":"a","by":"ann","note":"mine"}"#)
            #expect(reply.status == 202 && reply.body.contains(#""id":"a-1""#), "\(reply.body)")
            let open = try await AcknowledgementTable(connection: connection).open()
            #expect(open.map { [$0.alertID, $0.actor, $0.note] } == [["a-1", "ann", "mine"]])
            #expect(try await asked.post("/api/alerts/ack", #"{"id":"b-1","by":"ann"}"#).status == 409)
            #expect(try await asked.post("/api/alerts/ack", #"{"id":"z","by":"ann"}"#).status == 404)
            for body in ["", "[]", #"{"id":"a"}"#, #"{"id":"a","by":5}"#, #"{"id":"a","by":"x","note2":"y"}"#] {
                #expect(try await asked.post("/api/alerts/ack", body).status == 400, "\(body)")
            }
        }
    }

    @Test func `a silence is made, listed and ended`() async throws {
        try await withAlert { asked, connection in
            let made = try await asked.post(
                "/api/silences",
                #"{"id":"s","matchers":["device=boiler-1"],"owner":"ann","reason":"paint","for":"2h"}"#)
            #expect(made.status == 201 && made.body.contains(#""id":"s""#), "\(made.body)")
            #expect(try await asked.get("/api/silences").body.contains("paint"))
            #expect(try await SilenceTable(connection: connection).current(at: .now()).map(\.id) == ["s"])
            #expect(try await asked.post("/api/silences/end", #"{"id":"s","by":"bob"}"#).status == 200)
            #expect(try await asked.post("/api/silences/end", #"{"id":"s","by":"bob"}"#).status == 409)
            #expect(try await asked.post("/api/silences/end", #"{"id":"t","by":"bob"}"#).status == 404)
            #expect(try await !asked.get("/api/silences").body.contains("paint"))
            for body in [
                #"{"matchers":[],"owner":"a","reason":"r","for":"1h"}"#,
                #"{"matchers":["x=1"],"owner":"a","reason":"r","for":"1h"}"#,
                #"{"matchers":["device=1"],"owner":"a","reason":"r"}"#,
                #"{"matchers":["device=1"],"owner":"a","reason":"r","for":"soon"}"#,
                #"{"matchers":["device=1"],"owner":"a","reason":"r","expires":"2001-01-01T00:00:00Z"}"#,
            ] {
                #expect(try await asked.post("/api/silences", body).status == 400, "\(body)")
            }
        }
    }

    @Test func `several at once are answered one after the other`() async throws {
        try await withAlert { asked, _ in
            async let first = asked.get("/api/alerts")
            async let second = asked.get("/api/silences")
            async let third = asked.get("/api/alerts/show?id=a")
            let replies = try await [first, second, third]
            #expect(replies.map(\.status) == [200, 200, 200])
        }
    }

    @Test func `while PostgreSQL is away the answer is 503 and why`() async throws {
        try await serve("postgres://sluice@127.0.0.1:1/sluice") { asked in
            let reply = try await asked.get("/api/alerts")
            #expect(reply.status == 503 && reply.body.contains("connect"), "\(reply.body)")
        }
    }
}
