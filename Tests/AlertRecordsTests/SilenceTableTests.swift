import AlertRecords
import Alerting
import IOLoop
import Model
import PostgreSQL
import TestServers
import Testing

@IOThread
struct SilenceTableTests {
    private func silence(_ id: String, _ starts: Int64, _ expires: Int64, reason: String = "maintenance") throws
        -> Silence
    {
        try Silence(
            id: id, matchers: [AlertMatcher("device=boiler-1"), AlertMatcher("sensor!~door*")], owner: "ada",
            reason: reason, starts: Timestamp(seconds: starts), expires: Timestamp(seconds: expires))
    }

    @Test func `a silence comes back as it was given, while it is in force or will be`() async throws {
        let table = try await AlertFixture.make().silences
        let (now, later) = (try silence("now", 100, 200), try silence("later", 300, 400))
        for silence in [now, later, try silence("past", 10, 20), now] { try await table.add(silence) }
        #expect(try await table.current(at: Timestamp(seconds: 150)) == [now, later])
        #expect(try await table.current(at: Timestamp(seconds: 200)) == [later])
        let all = try await table.list(all: true, at: Timestamp(seconds: 150))
        #expect(all.map { $0.state(at: Timestamp(seconds: 150)) } == [.expired, .active, .scheduled])
        let taken = try silence("now", 100, 250)
        let error = await #expect(throws: SilenceExists.self) { try await table.add(taken) }
        #expect(error?.description == "there is another silence 'now' already")
    }

    @Test func `a silence that is ended is over at once, and says who ended it`() async throws {
        let table = try await AlertFixture.make().silences
        for silence in [try silence("a", 100, 200), try silence("b", 300, 400)] { try await table.add(silence) }
        let now = Timestamp(seconds: 150)
        try await table.end("a", by: "bea", at: now)
        try await table.end("b", by: "bea", at: now)
        #expect(try await table.current(at: now) == [])
        let record = try #require(try await table.list(all: true, at: now).first)
        #expect(record.state(at: now) == .ended && record.endedAt == now && record.endedBy == "bea")
        #expect(record.json(at: now).text.contains(#""matchers":["device=boiler-1","sensor!~door*"],"owner":"ada""#))
    }

    @Test func `what is over, or was never there, cannot be ended`() async throws {
        let table = try await AlertFixture.make().silences
        for silence in [try silence("a", 100, 200), try silence("b", 100, 200)] { try await table.add(silence) }
        try await table.end("a", by: "bea", at: Timestamp(seconds: 150))
        let ended = await #expect(throws: SilenceIsOver.self) {
            try await table.end("a", by: "ada", at: Timestamp(seconds: 160))
        }
        #expect(ended?.description == "silence a is over: bea ended it at 1970-01-01T00:02:30.000000Z")
        let expired = await #expect(throws: SilenceIsOver.self) {
            try await table.end("b", by: "ada", at: Timestamp(seconds: 200))
        }
        #expect(expired?.description == "silence b is over: it expired at 1970-01-01T00:03:20.000000Z")
        let unknown = await #expect(throws: UnknownSilence.self) {
            try await table.end("x", by: "ada", at: Timestamp(seconds: 1))
        }
        #expect(unknown?.description == "there is no silence 'x'")
    }

    @Test func `a silence that nobody can read is named`() async throws {
        let fixture = try await AlertFixture.make()
        try await fixture.connection.execute(
            "INSERT INTO silences VALUES ('s', '{colour=red}', 'ada', 'none', now(), now() + interval '1 hour')")
        let error = await #expect(throws: UnreadableSilence.self) { try await fixture.silences.current(at: .now()) }
        #expect(error?.description.hasPrefix("cannot read silence s: matcher 'colour=red' is of nothing") == true)
    }
}
