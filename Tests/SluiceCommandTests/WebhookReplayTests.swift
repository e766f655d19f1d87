import ArgumentParser
import DeadLetters
import Foundation
import IOLoop
import PostgreSQL
import Processes
import Schema
import Settings
import TestServers
import Testing
import Webhooks

@testable import SluiceCommand

@IOThread
struct WebhookReplayTests {
    @Test func `a dead letter is delivered to the webhook of its name, and stays open without one`() async throws {
        let connection = try await PostgreSQLConnection.connect(
            .init(url: try await TestServers.shared.postgreSQLURL(), applicationName: "tests"))
        try await Migrations.apply(on: connection)
        try await connection.execute(Self.letters)
        let table = DeadLetterTable(connection: connection)
        let (published, ofWebhooks) = try await table.open(try DeadLetterFilter.parse([]))
        #expect(published.count == 1 && ofWebhooks.count == 2)

        let server = try await PostServer.start()
        let webhook = WebhookSettings("ops", try #require(WebhookURL("http://127.0.0.1:\(server.port)/in")))
        let replay = WebhookReplay(table: table, webhooks: [webhook], patience: .seconds(20))
        #expect(try await replay.run(ofWebhooks) == 1)
        #expect(try server.requests() == ["a/1 {\"id\":\"a\"}"])

        let left = try await table.open(try DeadLetterFilter.parse([]))
        #expect(left.webhooks == [ofWebhooks[1]] && left.published == published)
        connection.close()
        await server.stop()
    }

    /// The module for replays does without the one for webhooks, and has a copy of the name.
    @Test func `a replay through the broker knows those of webhooks`() {
        #expect(DeadLetterReplay.webhookReason == WebhookDeadLetter.reason)
    }

    private static let letters = """
        INSERT INTO dead_letters (event_id, reason, detail, stage, topic, payload, received_at) VALUES
            ('a/1', 'webhook_undeliverable', 'answered 503', 'anomaly-detector', 'http://h/in#ops', '{"id":"a"}', now()),
            ('b/1', 'webhook_undeliverable', 'answered 503', 'anomaly-detector', 'http://h/in#gone', '{"id":"b"}', now()),
            ('0-1-0', 'invalid_json', 'no JSON', 'mqtt-ingest', 'sensors/a/b', '{', now())
        """
}

/// A web server in Python that takes everything, and writes down the delivery and its body.
private struct PostServer {
    let port: Int
    private let process: ChildProcess
    private let log: String

    static func start() async throws -> PostServer {
        let log = "\(try TestDirectory.make())/log"
        let process = try ChildProcess.spawn(Command("/usr/bin/python3", ["-c", script], output: .appended(to: log)))
        ExitCleanup.add(process)
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            if let line = try? String(contentsOfFile: log, encoding: .utf8), line.hasSuffix("\n") {
                let port = try #require(Int(line.dropLast()), "the server did not start: \(line)")
                return PostServer(port: port, process: process, log: log)
            }
            try #require(ContinuousClock.now < deadline, "the server did not start within a minute")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func requests() throws -> [String] {
        try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").dropFirst().map(String.init)
    }

    func stop() async { await process.stop(within: .seconds(5)) }

    private static let script = """
        import http.server
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                print(self.headers["X-Sluice-Delivery"], body, flush=True)
                self.send_response(204)
                self.end_headers()
            def log_message(self, *arguments): pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """
}
