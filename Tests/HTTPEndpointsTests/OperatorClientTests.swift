import Foundation
import HTTPEndpoints
import Observability
import Settings
import TestServers
import Testing

@Suite struct OperatorClientTests {
    private func withServer(_ body: (OperatorServer, OperatorClient) async throws -> Void) async throws {
        let pages = OperatorPages(
            identity: ServiceIdentity(service: "s", instance: "s-1"), health: HealthBoard(), metrics: MetricsRegistry())
        let server = try await OperatorServer.start(on: try freePort(), pages: pages)
        let client = OperatorClient()
        do {
            try await body(server, client)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private struct Section: SettingsSection {
        static let section = "http"
        let http: HTTPSettings
        init(from reader: SettingsReader) { http = HTTPSettings(from: reader) }
    }

    private func freePort() throws -> HTTPSettings {
        try SettingsDocument(yaml: "", environment: [:]).decode(Section.self).http
    }

    @Test func `several pages come over one connection, in order`() async throws {
        try await withServer { server, client in
            let replies = try await client.get(
                ["/livez", "/readyz", "/version"], host: server.host, port: server.port, within: .seconds(30))
            #expect(replies.map(\.status) == [200, 503, 200])
            #expect(replies.first?.body == "ok\n")
            #expect(replies.last?.body.contains("\"service\":\"s\"") == true)
        }
    }

    @Test func `a port where nobody listens is unreachable, and says why`() async throws {
        let client = OperatorClient()
        let silent = try #require(SilentListener())
        let port = silent.port
        silent.close()
        do {
            _ = try await client.get(["/livez"], host: "127.0.0.1", port: port, within: .seconds(30))
            Issue.record("somebody answered")
        } catch {
            #expect(error.cause == .unreachable)
            #expect("\(error)" == "no answer from 127.0.0.1:\(port): Connection refused (connect, errno 111)")
        }
    }

    @Test func `a server that takes the connection and says nothing is silent`() async throws {
        let client = OperatorClient()
        let silent = try #require(SilentListener())
        defer { silent.close() }
        do {
            _ = try await client.get(["/livez"], host: "127.0.0.1", port: silent.port, within: .milliseconds(300))
            Issue.record("somebody answered")
        } catch {
            #expect(error.cause == .silent)
        }
    }
}
