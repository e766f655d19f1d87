import HTTPEndpoints
import Settings
import TestServers
import Testing

/// What is open on this machine, and needs the token from elsewhere.
@Suite struct LoopbackAccessTests {
    private static let routes = [
        HTTPRoute("/reads", access: .openOnLoopback) { question in
            .text("\(question.caller.hasToken) \(question.caller.mayReadWithoutToken) \(question.caller.isThereAToken)")
        }
    ]

    @Test func `on loopback reads need nothing, and the token is seen`() async throws {
        try await Served.with(routes: Self.routes, token: "secret") { (served: Served) async throws in
            #expect(try await served.ask("/reads").1 == "false true true")
            #expect(try await served.ask("/reads", authorization: "Bearer secret").1 == "true true true")
            #expect(try await served.ask("/reads", authorization: "Bearer other").1 == "false true true")
        }
    }

    @Test(arguments: ["elsewhere.example", "elsewhere.example:80", "127.0.0.1.elsewhere.example", "[2001:db8::1]:80"])
    func `a page that had its own name lead here is not let in`(host: String) async throws {
        try await Served.with(routes: Self.routes, token: "secret") { (served: Served) async throws in
            #expect(try await served.ask("/reads", headers: ["Host": host]).0 == 401)
            let (status, body, _) = try await served.ask(
                "/reads", authorization: "Bearer secret", headers: ["Host": host])
            #expect(status == 200 && body == "true false true")
        }
    }

    @Test(arguments: ["localhost:81", "[::1]:80", "127.0.0.2", "LOCALHOST"])
    func `names of this machine are its own`(host: String) async throws {
        try await Served.with(routes: Self.routes) { (served: Served) async throws in
            #expect(try await served.ask("/reads", headers: ["Host": host]).0 == 200)
        }
    }

    @Test func `a server on all addresses wants the token, and is shut without one`() async throws {
        try await Served.with(routes: Self.routes, token: "secret", host: "0.0.0.0") { (served: Served) async throws in
            #expect(try await served.ask("/reads").0 == 401)
            #expect(try await served.ask("/reads", authorization: "Bearer secret").1 == "true false true")
            #expect(try await served.ask("/livez").0 == 200)
        }
        try await Served.with(routes: Self.routes, host: "0.0.0.0") { (served: Served) async throws in
            let (status, body, _) = try await served.ask("/reads")
            #expect(status == 403 && body.contains("http.operator_token"))
        }
    }
}
