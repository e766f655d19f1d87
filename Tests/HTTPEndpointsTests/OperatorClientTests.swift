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

    @Test func `a server that speaks TLS is believed by its certificate, on loopback without`() async throws {
        let certificates = try Certificates(names: "DNS:server.example")
        try certificates.protect("server.key")
        let files =
            "certificate_file: \(certificates.path("server.pem")), private_key_file: \(certificates.path("server.key"))"
        try await Served.with(tls: files) { (served: Served) async throws in
            let client = try OperatorClient(trusting: certificates.path("ca.pem"))
            func ask(_ client: OperatorClient, _ transport: HTTPAddress.Transport) async throws(HTTPNoReply) -> Int {
                let address = HTTPAddress(host: "127.0.0.1", port: served.server.port, transport: transport)
                return try await client.get(["/livez"], from: address, within: .seconds(30))[0].status
            }
            #expect(try await ask(client, .tls(name: "server.example")) == 200)
            #expect(try await ask(OperatorClient(), .unverifiedTLS) == 200)
            for (client, transport) in [
                (OperatorClient(), HTTPAddress.Transport.tls(name: "server.example")),
                (client, .tls(name: "127.0.0.1")),
                (client, .tls(name: "other.example")),
            ] {
                let error = await #expect(throws: HTTPNoReply.self) { try await ask(client, transport) }
                #expect(error?.cause == .unreachable && error?.reason.hasPrefix("TLS failed: ") == true, "\(transport)")
            }
            let plain = await #expect(throws: HTTPNoReply.self) { try await ask(client, .plain) }
            #expect(plain?.cause == .broken)
        }
    }

    @Test func `an address is read off a URL`() {
        #expect(HTTPAddress(url: "http://[::1]:91/x") == HTTPAddress(host: "::1", port: 91))
        #expect(
            HTTPAddress(url: "https://a.example")
                == HTTPAddress(host: "a.example", port: 443, transport: .tls(name: "a.example")))
        #expect(HTTPAddress(url: "https://127.0.0.1:91")?.transport == .unverifiedTLS)
        for url in ["127.0.0.1:91", "ftp://a.example", "http://", ""] {
            #expect(HTTPAddress(url: url) == nil, "\(url)")
        }
        for url in ["http://[::1]:91", "https://a.example:443"] { #expect(HTTPAddress(url: url)?.description == url) }
    }

    @Test func `a file that holds no authority is told`() throws {
        let file = "\(try TestDirectory.make())/ca.pem"
        try "nothing".write(toFile: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: UnusableCertificate.self) { try OperatorClient(trusting: file) }
        #expect(
            error?.description == "cannot use \(file) for the authority of servers: it holds no certificate in PEM form"
        )
    }
}
