import Foundation
import HTTPEndpoints
import Observability
import Settings
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A running server and what it shows.
struct Served {
    let health = HealthBoard()
    let metrics = MetricsRegistry()
    let routes = RouteTable()
    let server: OperatorServer

    private struct Section: SettingsSection {
        static let section = "http"
        let http: HTTPSettings
        init(from reader: SettingsReader) { http = HTTPSettings(from: reader) }
    }

    static func settings(port: Int = 0, token: String? = nil, host: String = "127.0.0.1") throws -> HTTPSettings {
        let secret = token.map { ", operator_token: \($0)" } ?? ""
        return try SettingsDocument(yaml: "http: { host: \(host), port: \(port)\(secret) }", environment: [:]).decode(
            Section.self
        )
        .http
    }

    init(silence: Duration = .zero, routes added: [HTTPRoute] = [], token: String? = nil, host: String = "127.0.0.1")
        async throws
    {
        let pages = OperatorPages(
            identity: ServiceIdentity(service: "sample", instance: "sample-1"), health: health, metrics: metrics,
            silence: { silence }, settings: { SettingsPage(yaml: "http:\n  port: 0\n") })
        for route in added { routes.add(route) }
        server = try await OperatorServer.start(
            on: try Self.settings(token: token, host: host), pages: pages, routes: routes)
    }

    /// Stops the server after the body, whatever happens.
    static func with(
        silence: Duration = .zero, routes: [HTTPRoute] = [], token: String? = nil, host: String = "127.0.0.1",
        _ body: (Served) async throws -> Void
    ) async throws {
        let served = try await Served(silence: silence, routes: routes, token: token, host: host)
        do {
            try await body(served)
        } catch {
            await served.server.stop()
            throw error
        }
        await served.server.stop()
    }

    /// One request on a real socket.
    ///
    /// - Parameter authorization: the header of that name.
    func ask(
        _ path: String, method: String = "GET", authorization: String? = nil, body: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> (Int, String, [String: String]) {
        var request = URLRequest(url: try #require(URL(string: server.url + path)))
        request.httpMethod = method
        if let authorization { request.setValue(authorization, forHTTPHeaderField: "Authorization") }
        if let body { request.httpBody = Data(body.utf8) }
        if method == "POST" { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        request.timeoutInterval = 60
        return try await send(request)
    }
}
