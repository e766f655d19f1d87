import Foundation
import Observability
import Settings
import Testing

@testable import HTTPEndpoints

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A running server and what it shows.
struct Served {
    let health = HealthBoard()
    let metrics = MetricsRegistry()
    let routes = RouteTable()
    let log = LogLines()
    let server: OperatorServer

    private struct Section: SettingsSection {
        static let section = "http"
        let http: HTTPSettings
        init(from reader: SettingsReader) { http = HTTPSettings(from: reader) }
    }

    /// - Parameters:
    ///   - tls: the keys of `http.tls`.
    ///   - more: other keys, with a comma before each.
    static func settings(
        port: Int = 0, token: String? = nil, host: String = "127.0.0.1", tls: String? = nil, more: String = ""
    ) throws -> HTTPSettings {
        let secret = (token.map { ", operator_token: \($0)" } ?? "") + (tls.map { ", tls: { \($0) }" } ?? "")
        let yaml = "http: { host: \(host), port: \(port)\(secret)\(more) }"
        return try SettingsDocument(yaml: yaml, environment: [:]).decode(Section.self).http
    }

    init(
        silence: Duration = .zero, routes added: [HTTPRoute] = [], token: String? = nil, host: String = "127.0.0.1",
        tls: String? = nil, more: String = "", limits: RequestLimits = RequestLimits()
    ) async throws {
        let pages = OperatorPages(
            identity: ServiceIdentity(service: "sample", instance: "sample-1"), health: health, metrics: metrics,
            logger: log.logger, silence: { silence }, settings: { SettingsPage(yaml: "http:\n  port: 0\n") })
        for route in added { routes.add(route) }
        server = try await OperatorServer.start(
            on: try Self.settings(token: token, host: host, tls: tls, more: more), pages: pages, routes: routes,
            limits: limits)
    }

    /// Stops the server after the body, whatever happens.
    static func with(
        silence: Duration = .zero, routes: [HTTPRoute] = [], token: String? = nil, host: String = "127.0.0.1",
        tls: String? = nil, more: String = "", limits: RequestLimits = RequestLimits(),
        _ body: (Served) async throws -> Void
    ) async throws {
        let served = try await Served(
            silence: silence, routes: routes, token: token, host: host, tls: tls, more: more, limits: limits)
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
