import Alerting
import IOLoop
import Model
import PostgreSQL
import Schema
import TestServers
import Testing

@testable import Webhooks

@IOThread
struct WebhookDeadLettersTests {
    private func webhook(_ name: String = "ops") throws -> WebhookSettings {
        WebhookSettings(name, try #require(WebhookURL("https://robot:hush@example.org/in?token=abc")))
    }

    private func letter(
        _ transition: AlertTransition = transition(), for name: String = "ops", after attempts: Int = 3
    ) throws -> WebhookDeadLetter {
        let outcome = WebhookOutcome.gaveUp(reason: "answered 503", attempts: attempts)
        return try #require(
            WebhookDeadLetter(transition, for: try webhook(name), after: outcome, at: Timestamp(seconds: 1_800_000_000))
        )
    }

    @Test func `only what was given up is a dead letter, and it shows no secret`() throws {
        let letter = try letter()
        #expect(letter.eventID == "0-1-0-tailsum/1" && letter.topic == "https://example.org/…#ops")
        #expect(letter.detail == "webhook 'ops': answered 503 (3 attempts)" && letter.device == "boiler-1")
        #expect(letter.payload == transition().message.bytes && letter.stage == "anomaly-detector")
        #expect(WebhookDeadLetter.webhook(ofTopic: letter.topic) == "ops")
        for outcome in [WebhookOutcome.delivered, .notConcerned, .interrupted] {
            let letter = WebhookDeadLetter(transition(), for: try webhook(), after: outcome, at: .now())
            #expect(letter == nil)
        }
    }

    @Test func `a message out of a dead letter is the one that was given up`() throws {
        let letter = try letter()
        let message = WebhookMessage(id: letter.eventID, body: letter.payload)
        #expect(message == WebhookMessage(transition()))
    }

    @Test func `each is stored once, however often and from however many sides`() async throws {
        let configuration = try await migrated()
        let letters = [try letter(), try letter(transition(2)), try letter(for: "other")]
        let writers = (0..<4).map { _ in
            IOThread.throwingTask {
                let connection = try await PostgreSQLConnection.connect(configuration)
                try await WebhookDeadLetters(connection: connection).store(letters)
                connection.close()
            }
        }
        for writer in writers { try await writer.value }
        let connection = try await PostgreSQLConnection.connect(configuration)
        try await WebhookDeadLetters(connection: connection).store([try letter(after: 9)])
        let rows = try await connection.query(
            """
            SELECT event_id, reason, detail, stage, topic, payload, device_id, received_at FROM dead_letters
            ORDER BY event_id, topic
            """)
        #expect(rows.count == 3)
        #expect((0..<rows.count).map { rows.text($0, 4) }.sorted() == letters.map(\.topic).sorted())
        #expect(rows.text(0, 0) == "0-1-0-tailsum/1" && rows.text(0, 1) == "webhook_undeliverable")
        #expect(rows.text(0, 2) == letters[0].detail && rows.text(0, 3) == "anomaly-detector")
        #expect(rows.data(0, 5) == letters[0].payload && rows.text(0, 6) == "boiler-1")
        #expect(rows.timestamp(0, 7) == Timestamp(seconds: 1_800_000_000))
        connection.close()
    }

    @Test func `what PostgreSQL's text cannot hold is stored all the same`() async throws {
        let connection = try await PostgreSQLConnection.connect(migrated())
        try await WebhookDeadLetters(connection: connection).store([try letter(transition(alert: "a\0b"))])
        let rows = try await connection.query("SELECT event_id FROM dead_letters")
        #expect(rows.text(0, 0) == "a\u{FFFD}b/1")
        connection.close()
    }

    private func migrated() async throws -> PostgreSQLConfiguration {
        let url = try await TestServers.shared.postgreSQLURL()
        let configuration = PostgreSQLConfiguration(url: url, applicationName: "tests")
        let connection = try await PostgreSQLConnection.connect(configuration)
        try await Migrations.apply(on: connection)
        connection.close()
        return configuration
    }
}
