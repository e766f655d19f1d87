import HTTPEndpoints
import Settings
import TestServers
import Testing

/// What changes something, and what is shown to operators alone.
@Suite struct OperatorAccessTests {
    private static let token = "correct-horse.battery~staple=="

    private static let routes = [
        HTTPRoute("/api/things", access: .requiresToken) { _ in .json("[]") },
        HTTPRoute(.post, "/api/things", access: .requiresToken) { question in
            .json(String(decoding: question.body, as: UTF8.self), status: 201)
        },
        HTTPRoute(.delete, "/api/things", access: .requiresToken) { _ in .text("gone\n") },
        HTTPRoute(.post, "/api/echo") { question in .text("\(question.body.count)") },
    ]

    @Test func `whoever has the token is let in, by each method`() async throws {
        try await Served.with(routes: Self.routes, token: Self.token) { (served: Served) async throws in
            for scheme in ["Bearer", "bearer"] {
                #expect(try await served.ask("/api/things", authorization: "\(scheme) \(Self.token)").0 == 200)
            }
            let bearer = "Bearer \(Self.token)"
            let (status, body, _) = try await served.ask(
                "/api/things", method: "POST", authorization: bearer, body: #"{"name":"é"}"#)
            #expect(status == 201 && body == #"{"name":"é"}"#)
            #expect(try await served.ask("/api/things", method: "DELETE", authorization: bearer).1 == "gone\n")
            #expect(try await served.ask("/api/things", method: "HEAD", authorization: bearer).0 == 200)
        }
    }

    @Test(arguments: [
        nil, "Bearer", "Bearer ", "Bearer correct-horse.battery~staple=", "Bearer correct-horse.battery~staple===",
        "Bearer Correct-horse.battery~staple==", "Basic correct-horse.battery~staple==",
        "correct-horse.battery~staple==",
        // Such a one would open it if it were compared with the beginning of the token again.
        "Bearer correct-horse.battery~staple==correct-horse.battery~staple==",
    ])
    func `whoever has it not is told that there is one`(authorization: String?) async throws {
        try await Served.with(routes: Self.routes, token: Self.token) { (served: Served) async throws in
            for method in ["GET", "HEAD", "POST", "DELETE"] {
                let (status, body, headers) = try await served.ask(
                    "/api/things", method: method, authorization: authorization)
                #expect(status == 401)
                #expect(headers["www-authenticate"] == "Bearer")
                #expect(method == "HEAD" || body.contains("operators' token"))
                #expect(!body.contains("horse"))
            }
        }
    }

    @Test func `without a token in the settings it stays shut, and says which setting opens it`() async throws {
        try await Served.with(routes: Self.routes) { (served: Served) async throws in
            for authorization in [nil, "Bearer ", "Bearer \(Self.token)"] {
                let (status, body, _) = try await served.ask("/api/things", authorization: authorization)
                #expect(status == 403)
                #expect(body.contains("http.operator_token"))
            }
        }
    }

    @Test func `pages about the process stay open`() async throws {
        try await Served.with(routes: Self.routes, token: Self.token) { (served: Served) async throws in
            for path in ["/livez", "/healthz", "/metrics", "/version", "/config", "/readyz/lifecycle"] {
                let status = try await served.ask(path).0
                #expect(status == (path == "/readyz/lifecycle" ? 503 : 200), "\(path)")
            }
            #expect(try await served.ask("/api/echo", method: "POST", body: "12345").1 == "5")
        }
    }

    @Test func `the wrong method learns the right ones`() async throws {
        try await Served.with(routes: Self.routes, token: Self.token) { (served: Served) async throws in
            let cases = [
                ("/livez", "POST", "GET, HEAD"), ("/readyz/lifecycle", "DELETE", "GET, HEAD"),
                ("/api/echo", "GET", "POST"), ("/api/echo", "HEAD", "POST"), ("/api/echo", "PATCH", "POST"),
                ("/api/things", "PUT", "DELETE, GET, HEAD, POST"),
            ]
            for (path, method, allowed) in cases {
                let (status, _, headers) = try await served.ask(path, method: method)
                #expect(status == 405 && headers["allow"] == allowed, "\(method) \(path)")
            }
        }
    }

    @Test func `a body has an end at 64 KiB`() async throws {
        try await Served.with(routes: Self.routes) { (served: Served) async throws in
            let longest = String(repeating: "x", count: 64 << 10)
            #expect(try await served.ask("/api/echo", method: "POST", body: longest).1 == "65536")
            let (status, body, _) = try await served.ask("/api/echo", method: "POST", body: longest + "x")
            #expect(status == 413)
            #expect(body == #"{"error":"the body is longer than 64KiB"}"# + "\n")
        }
    }

    @Test func `a client asks and acts with the token, on one connection each`() async throws {
        try await Served.with(routes: Self.routes, token: Self.token) { (served: Served) async throws in
            let (host, port) = (served.server.host, served.server.port)
            let client = OperatorClient(token: Secret(Self.token))
            let made = try await client.post("/api/things", #"{"a":1}"#, host: host, port: port, within: .seconds(30))
            #expect(made.status == 201 && made.body == #"{"a":1}"#)
            let pages = try await client.get(
                ["/api/things", "/livez"], host: host, port: port, within: .seconds(30))
            #expect(pages.map(\.body) == ["[]", "ok\n"])
            let stranger = try await OperatorClient().post(
                "/api/things", "{}", host: host, port: port, within: .seconds(30))
            #expect(stranger.status == 401)
        }
    }
}
