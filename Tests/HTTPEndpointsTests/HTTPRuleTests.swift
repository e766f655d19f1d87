import HTTPEndpoints
import Settings
import Testing

/// What holds for every route.
@Suite struct HTTPRuleTests {
    private static let routes = [
        HTTPRoute("/things/{thing}/{part}") { question in
            .text([question.parameters["thing"], question.parameters["part"]].map { $0 ?? "-" }.joined(separator: "|"))
        },
        HTTPRoute(.post, "/things") { question in .text("\(question.body.count)") },
    ]

    @Test(arguments: [
        ("/things/pump-1/t", "pump-1|t"), ("/things/a%2Fb/c%20d", "a/b|c d"), ("/things/%C3%A9/%25", "é|%"),
        ("/things/a+b/c", "a+b|c"),
    ])
    func `the parts of a path are decoded`(path: String, parts: String) async throws {
        try await Served.with(routes: Self.routes) { (served: Served) async throws in
            let (status, body, _) = try await served.ask(path)
            #expect(status == 200 && body == parts)
        }
    }

    @Test(arguments: ["/things/%FF/a", "/things/%zz/a", "/things/a/%2"])
    func `a path that cannot be decoded is refused`(path: String) async throws {
        try await Served.with(routes: Self.routes) { (served: Served) async throws in
            let connection = try RawConnection(port: served.server.port)
            defer { connection.close() }
            try connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.receive().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test(arguments: [
        ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Origin": "https://elsewhere.example"],
        ["Origin": "null"], ["Origin": "http://127.0.0.1:1"],
    ])
    func `a page of another site changes nothing`(headers: [String: String]) async throws {
        try await Served.with(routes: Self.routes) { (served: Served) async throws in
            let (status, body, _) = try await served.ask("/things", method: "POST", body: "{}", headers: headers)
            #expect(status == 403)
            #expect(body.hasPrefix(#"{"error":"a page of another site may change nothing here"#))
        }
    }

    @Test func `a page of this server may, and a program that says nothing of where it comes from`() async throws {
        try await Served.with(routes: Self.routes) { (served: Served) async throws in
            let own = ["Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:\(served.server.port)"]
            for headers in [own, ["Sec-Fetch-Site": "none"], [:]] {
                let answer = try await served.ask("/things", method: "POST", body: "{}", headers: headers)
                #expect(answer.0 == 200 && answer.1 == "2", "\(headers)")
            }
        }
    }

    @Test func `what is sent is JSON and says so`() async throws {
        try await Served.with(routes: Self.routes) { (served: Served) async throws in
            for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
                let (status, body, _) = try await served.ask(
                    "/things", method: "POST", body: "{}", headers: ["Content-Type": type])
                #expect(status == 415, "\(type)")
                #expect(body.contains("Content-Type: application/json"))
            }
            for type in ["application/json", "Application/JSON; charset=utf-8", "application/json ;charset=utf-8"] {
                let status = try await served.ask(
                    "/things", method: "POST", body: "{}", headers: ["Content-Type": type]
                ).0
                #expect(status == 200, "\(type)")
            }
        }
    }
}
