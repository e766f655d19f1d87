import Foundation
import NIOCore
import Observability
import Settings
import TestServers
import Testing

@testable import HTTPEndpoints

/// What strangers on a real socket can take from the server, and what they are told.
@Suite struct RequestLimitTests {
    /// Everything that comes until the server hangs up.
    private func answer(_ served: Served, to pieces: [String]) async throws -> String {
        let connection = try RawConnection(port: served.server.port)
        defer { connection.close() }
        for piece in pieces { try connection.send(piece) }
        var answer = ""
        while true {
            let piece = try await connection.receive()
            if piece.isEmpty { return answer }
            answer += piece
        }
    }

    private func refused(_ served: Served, _ cause: String) -> Int {
        served.metrics.sums("sluice_http_refused_requests_total", by: "cause")[cause] ?? 0
    }

    @Test func `a head that is too long is answered with 431, and counted`() async throws {
        try await Served.with { (served: Served) async throws in
            let long =
                "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: \(String(repeating: "a", count: 20_000))\r\n\r\n"
            let text = try await answer(served, to: [long])
            #expect(text.hasPrefix("HTTP/1.1 431 "), "\(text)")
            #expect(text.lowercased().contains("connection: close"))
            #expect(refused(served, "headers_too_large") == 1)
            #expect(try await served.ask("/livez").0 == 200)
        }
    }

    @Test func `a body that is too long is answered with 413, and counted`() async throws {
        let route = HTTPRoute(.post, "/change", access: .requiresToken) { _ in .text("done") }
        try await Served.with(routes: [route], token: "secret") { (served: Served) async throws in
            let body = String(repeating: "b", count: HTTPRoute.longestBody.bytes + 1)
            let (status, _, _) = try await served.ask(
                "/change", method: "POST", authorization: "Bearer secret", body: body)
            #expect(status == 413)
            #expect(refused(served, "body_too_large") == 1)
        }
    }

    @Test func `who has no token, and who has another, is counted apart`() async throws {
        let route = HTTPRoute(.post, "/change", access: .requiresToken) { _ in .text("done") }
        try await Served.with(routes: [route], token: "secret") { (served: Served) async throws in
            #expect(try await served.ask("/change", method: "POST", body: "{}").0 == 401)
            let other = "Bearer secreT"
            #expect(try await served.ask("/change", method: "POST", authorization: other, body: "{}").0 == 401)
            #expect(refused(served, "no_token") == 1 && refused(served, "wrong_token") == 1)
        }
    }

    @Test func `who is slow loses the connection, before and after the head`() async throws {
        let limits = RequestLimits(head: .milliseconds(300), body: .milliseconds(300), idle: .milliseconds(300))
        try await Served.with(limits: limits) { (served: Served) async throws in
            #expect(try await answer(served, to: []).isEmpty)
            #expect(try await answer(served, to: ["GET /livez HT"]).isEmpty)
            #expect(refused(served, "too_slow") == 2)
            let half = "POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"
            let text = try await answer(served, to: [half])
            #expect(!text.contains(" 200 "), "\(text)")
            #expect(refused(served, "too_slow") == 3)
            // An idle connection is closed, and nobody is to blame.
            #expect(try await answer(served, to: ["GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"]).contains(" 200 "))
            #expect(refused(served, "too_slow") == 3)
        }
    }

    @Test func `an answer that takes long is waited for`() async throws {
        let limits = RequestLimits(head: .milliseconds(200), body: .milliseconds(200), idle: .milliseconds(200))
        let slow = HTTPRoute("/slow") { _ in
            try? await Task.sleep(for: .milliseconds(900))
            return .text("at last")
        }
        try await Served.with(routes: [slow], limits: limits) { (served: Served) async throws in
            #expect(try await served.ask("/slow").1 == "at last")
        }
    }

    @Test func `who is refused is told in the log, once in a while, without header and query`() async throws {
        let route = HTTPRoute(.post, "/change", access: .requiresToken) { _ in .text("done") }
        try await Served.with(routes: [route], token: "secret") { (served: Served) async throws in
            for _ in 1...20 {
                let path = "/change?token=pl4nted-query"
                let wrong = "Bearer pl4nted-token"
                #expect(try await served.ask(path, method: "POST", authorization: wrong, body: "pl4nted-body").0 == 401)
                #expect(try await served.ask(path, method: "POST", body: "{}").0 == 401)
            }
            let long = "GET /livez HTTP/1.1\r\nX-Long: pl4nted\(String(repeating: "a", count: 20_000))\r\n\r\n"
            _ = try await answer(served, to: [long])
            let lines = served.log.all
            #expect(
                lines == [
                    "warning: refused a request: its token is not the operators' path=/change peer=127.0.0.1",
                    "notice: refused a request: it came without the operators' token path=/change peer=127.0.0.1",
                    "notice: refused a request: its head is too long peer=127.0.0.1",
                ], "\(lines)")
            #expect(refused(served, "no_token") == 20 && refused(served, "wrong_token") == 20)
        }
    }

    @Test func `one connection too many takes the place of the longest idle one, and a probe is always answered`()
        async throws
    {
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let slow = HTTPRoute("/slow") { _ in
            for await _ in released {}
            return .text("at last")
        }
        let change = HTTPRoute(.post, "/change") { _ in .text("done") }
        try await Served.with(routes: [slow, change], limits: RequestLimits(connections: 4, spared: .zero)) {
            (served: Served) async throws in
            let idle = try RawConnection(port: served.server.port)
            let half = try RawConnection(port: served.server.port)
            try half.send(
                "POST /change HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n")
            let busy = try RawConnection(port: served.server.port)
            try busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            // What was sent before this answer has been read by now: there is one thread.
            #expect(try await served.ask("/livez").0 == 200)
            let more = try (1...4).map { _ in try RawConnection(port: served.server.port) }
            for _ in 1...3 { #expect(try await served.ask("/livez").0 == 200) }
            #expect(try await idle.receive().isEmpty)
            #expect(refused(served, "too_many") >= 4)
            release.finish()
            #expect(try await busy.receive().hasPrefix("HTTP/1.1 200 "))
            try half.send("{}")
            #expect(try await half.receive().hasPrefix("HTTP/1.1 200 "))
            for connection in more + [idle, half, busy] { connection.close() }
        }
    }

    @Test func `where all connections are at something, a probe is answered all the same`() async throws {
        try await Served.with(limits: RequestLimits(connections: 3)) { (served: Served) async throws in
            let half = "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
            let strangers = try (1...12).map { _ in try RawConnection(port: served.server.port) }
            for stranger in strangers.suffix(3) { try stranger.send(half) }
            for _ in 1...3 { #expect(try await served.ask("/livez").0 == 200) }
            for stranger in strangers { stranger.close() }
        }
    }

    @Test func `who asks and reads no answer loses the connection`() async throws {
        let long = HTTPRoute("/long") { _ in .text(String(repeating: "a", count: 4 << 20)) }
        try await Served.with(routes: [long], limits: RequestLimits(taking: .milliseconds(500))) {
            (served: Served) async throws in
            let request = "GET /long HTTP/1.1\r\nHost: x\r\n\r\n"
            let deaf = try RawConnection(port: served.server.port)
            try deaf.send(String(repeating: request, count: 20))
            let deadline = ContinuousClock.now + .seconds(60)
            while refused(served, "too_slow") == 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(refused(served, "too_slow") == 1)
            deaf.close()
        }
    }

    @Test func `a connection that came just now goes after those that have asked and do not say what`() async throws {
        // Whatever else the machine has to do.
        let long = TimeAmount.seconds(600)
        let limits = RequestLimits(head: long, body: long, idle: long, connections: 3, spared: long)
        try await Served.with(limits: limits) { (served: Served) async throws in
            let strangers = try (1...2).map { _ in try RawConnection(port: served.server.port) }
            for stranger in strangers {
                try stranger.send("POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            }
            // What was sent before this answer has been read by now: there is one thread.
            #expect(try await served.ask("/livez").0 == 200)
            let probe = try RawConnection(port: served.server.port)
            #expect(try await served.ask("/livez").0 == 200)
            try probe.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await probe.receive().hasPrefix("HTTP/1.1 200 "))
            for connection in strangers + [probe] { connection.close() }
        }
    }

    @Test func `who is missed least goes first`() {
        let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        func standing(_ business: OpenConnections.Business, _ age: TimeAmount) -> OpenConnections.Standing {
            OpenConnections.Standing(business: business, since: now - age)
        }
        let order = [
            standing(.idle, .seconds(9)), standing(.idle, .seconds(1)), standing(.asking, .seconds(20)),
            standing(.asking, .milliseconds(1)), standing(.idle, .milliseconds(999)), standing(.idle, .zero),
            standing(.answering, .seconds(99)), standing(.answering, .zero),
        ]
        for (index, earlier) in order.enumerated() {
            for later in order[(index + 1)...] {
                #expect(earlier.goes(before: later, at: now, sparing: .seconds(1)))
                #expect(!later.goes(before: earlier, at: now, sparing: .seconds(1)))
            }
        }
    }

    @Test func `strangers learn no version, unless everybody may`() async throws {
        let places = ["/healthz", "/metrics"]
        func shown(_ served: Served, _ authorization: String? = nil) async throws -> [Bool] {
            served.metrics.gauge("sluice_build_info", "I.", labels: ["service": "s", "version": Self.version]).set(1)
            var shown: [Bool] = []
            for place in places {
                let (status, body, _) = try await served.ask(place, authorization: authorization)
                #expect(status == 200 && body.contains(place == "/metrics" ? "service=\"s\"" : "sample-1"))
                shown.append(body.contains("\"\(Self.version)\""))
            }
            return shown
        }
        try await Served.with(token: "secret", host: "0.0.0.0") { (served: Served) async throws in
            #expect(try await shown(served) == [false, false])
            #expect(try await shown(served, "Bearer secret") == [true, true])
        }
        try await Served.with { (served: Served) async throws in
            #expect(try await shown(served) == [true, true])
        }
        try await Served.with(host: "0.0.0.0", more: ", version: everybody") { (served: Served) async throws in
            #expect(try await shown(served) == [true, true])
        }
    }

    private static let version = ServiceIdentity(service: "s", instance: "s-1").version

    @Test func `nothing says what the server is, and elsewhere its version and settings need the token`() async throws {
        try await Served.with(token: "secret", host: "0.0.0.0") { (served: Served) async throws in
            for path in ["/livez", "/metrics", "/nothing"] {
                #expect(try await served.ask(path).2["server"] == nil)
            }
            for path in ["/version", "/config"] {
                #expect(try await served.ask(path).0 == 401)
                #expect(try await served.ask(path, authorization: "Bearer secret").0 == 200)
            }
        }
    }
}

/// `http.tls`, with curl as the client that believes one authority.
@Suite struct TLSTests {
    /// Holds up no thread, which the server may need.
    private func curl(_ arguments: [String]) async throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/curl")
        process.arguments = ["-sS", "-m", "20"] + arguments
        // Shorter than what a pipe takes.
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return (process.terminationStatus, text)
    }

    private func settings(_ certificates: Certificates, key: String = "server.key", mode: Int = 0o600) throws -> String
    {
        let file = certificates.path(key)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return "certificate_file: \(certificates.path("server.pem")), private_key_file: \(file)"
    }

    @Test func `with a certificate the server answers by https alone`() async throws {
        let certificates = try Certificates()
        try await Served.with(tls: try settings(certificates)) { (served: Served) async throws in
            #expect(served.server.url == "https://127.0.0.1:\(served.server.port)")
            let url = served.server.url + "/livez"
            let (status, text) = try await curl(["--cacert", certificates.path("ca.pem"), url])
            #expect(status == 0 && text == "ok\n", "\(text)")
            // 60: the authority is another one.
            #expect(try await curl(["--cacert", try Certificates().path("ca.pem"), url]).0 == 60)
            #expect(try await curl([url.replacing("https", with: "http")]).0 != 0)
        }
    }

    /// A client that would speak any version, down to what its library keeps for the oldest peers.
    @Test(arguments: [("1.0", false), ("1.1", false), ("1.2", true), ("1.3", true)])
    func `versions before 1 point 2 are refused`(version: String, isTaken: Bool) async throws {
        let certificates = try Certificates()
        try await Served.with(tls: try settings(certificates)) { (served: Served) async throws in
            let (status, text) = try await curl([
                "--cacert", certificates.path("ca.pem"), "--ciphers", "DEFAULT@SECLEVEL=0", "--tlsv1.0", "--tls-max",
                version, served.server.url + "/livez",
            ])
            // 35: no handshake came about, because the peer said so and not our own side.
            let refusal = status == 35 && text.contains("alert protocol version")
            #expect(isTaken ? status == 0 && text == "ok\n" : refusal, "\(status) \(text)")
        }
    }

    @Test func `files that are no certificate and no key are told`() async throws {
        let certificates = try Certificates()
        try "nothing".write(toFile: certificates.path("server.pem"), atomically: true, encoding: .utf8)
        let error = await #expect(throws: UnusableCertificate.self) {
            try await Served.with(tls: try settings(certificates)) { _ in }
        }
        #expect(
            error?.description.contains("\(certificates.path("server.pem")) for http.tls: it holds no cert") == true)
    }

    @Test func `a key that others may read is refused`() throws {
        let certificates = try Certificates()
        let tls = try settings(certificates, mode: 0o644)
        let error = #expect(throws: InvalidSettings.self) { try Served.settings(tls: tls) }
        #expect(error?.description.contains("chmod o-rwx '\(certificates.path("server.key"))'") == true)
    }
}
