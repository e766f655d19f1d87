import AlertRecords
import Alerting
import IOLoop
import Model
import PostgreSQL
import TestServers
import Testing

@IOThread
struct AlertTableTests {
    private let life = [
        step(1, nil, .pending, .breached, telling: .quiet(.pending)),
        step(2, .pending, .firing, telling: .suppressed(.silence("s1"))),
        step(3, .firing, .firing, .unmuted),
        step(4, .firing, .acknowledged, .acknowledged, telling: .quiet(.known), actor: "ada"),
        step(5, .acknowledged, .resolved, .cleared),
    ]

    @Test func `a life is one row, and a history of its steps`() async throws {
        let fixture = try await AlertFixture.make()
        #expect(try await fixture.alerts.store(life) == [.stored, .stored, .stored, .stored, .stored])
        let history = try #require(try await fixture.alerts.show("p-1-7-tailsum"))
        let alert = history.alert
        #expect(
            alert.state == .resolved && alert.ordinal == 5 && alert.eventID == "p-1-7" && alert.severity == .warning)
        #expect(alert.firedAt == life[1].at && alert.resolvedAt == life[4].at && alert.changedAt == life[4].at)
        #expect(alert.acknowledgedAt == life[3].at && alert.acknowledgedBy == "ada" && alert.suppressedBy == nil)
        #expect(alert.time == life[4].subject.time && alert.value == 99 && alert.unit == "C" && alert.score == 5)
        #expect(alert.expectedLow == 1 && alert.expectedHigh == 2 && alert.threshold == 3 && alert.why == "too hot")
        #expect(alert.location == #"{"lat": 1.5}"#)
        #expect(history.transitions.map(\.ordinal) == [1, 2, 3, 4, 5])
        #expect(history.transitions.map(\.from) == life.map(\.from) && history.transitions.map(\.to) == life.map(\.to))
        #expect(history.transitions.map(\.cause) == life.map(\.cause.name))
        #expect(history.transitions.map(\.why) == life.map(\.why))
        #expect(history.transitions[1].telling == "suppressed" && history.transitions[1].suppressedBy == "silence s1")
        #expect(history.transitions[3].actor == "ada" && history.transitions[3].telling == "quiet: people know")
    }

    @Test func `step by step, at once and again, the row is the same`() async throws {
        let fixture = try await AlertFixture.make()
        for transition in life { #expect(try await fixture.alerts.store([transition]) == [.stored]) }
        let stepped = try await fixture.alerts.show("p-1-7-tailsum")
        #expect(try await fixture.alerts.store(life) == Array(repeating: .known, count: 5))
        #expect(try await fixture.alerts.store([life[2], life[2]]) == [.known, .known])
        #expect(try await fixture.alerts.show("p-1-7-tailsum") == stepped)
        let atOnce = try await AlertFixture.make()
        _ = try await atOnce.alerts.store(life)
        var other = try await atOnce.alerts.show("p-1-7-tailsum")
        other?.alert.createdAt = try #require(stepped).alert.createdAt
        #expect(other == stepped)
    }

    @Test func `an earlier step that comes late is in the history, and moves nothing`() async throws {
        let fixture = try await AlertFixture.make()
        _ = try await fixture.alerts.store([life[1]])
        let before = try await fixture.alerts.show("p-1-7-tailsum")?.alert
        #expect(try await fixture.alerts.store([life[0]]) == [.known])
        let after = try #require(try await fixture.alerts.show("p-1-7-tailsum"))
        #expect(after.alert == before && after.transitions.map(\.ordinal) == [1, 2])
    }

    @Test func `what kept the last message back stays until one is told or it begins again`() async throws {
        let fixture = try await AlertFixture.make()
        func suppressedBy(_ transition: AlertTransition) async throws -> String? {
            #expect(try await fixture.alerts.store([transition]) == [.stored])
            return try await fixture.alerts.show(transition.alertID)?.alert.suppressedBy
        }
        let rule = Suppression.inhibition("offline", by: "other")
        #expect(try await suppressedBy(step(1, telling: .suppressed(rule))) == "inhibition offline by alert other")
        let quiet = step(2, .firing, .firing, .steadied, telling: .quiet(.known))
        #expect(try await suppressedBy(quiet) == "inhibition offline by alert other")
        #expect(try await suppressedBy(step(3, .firing, .resolved, .cleared, telling: .suppressed(rule))) != nil)
        #expect(try await suppressedBy(step(4, .resolved, .pending, .breached, telling: .quiet(.pending))) == nil)
    }

    @Test func `an alert that fires again is nobody's in hand, and not over`() async throws {
        let fixture = try await AlertFixture.make()
        _ = try await fixture.alerts.store(life + [step(6, .resolved, .firing, .flapping)])
        let alert = try #require(try await fixture.alerts.show("p-1-7-tailsum")?.alert)
        #expect(alert.state == .firing && alert.acknowledgedBy == nil && alert.resolvedAt == nil)
        #expect(alert.firedAt == Timestamp(seconds: 1_795_000_006))
        #expect(alert == AlertRecord(step(6, .resolved, .firing, .flapping)).created(at: alert.createdAt))
    }

    @Test func `a beginning of the id will do, unless it is that of two`() async throws {
        let fixture = try await AlertFixture.make()
        _ = try await fixture.alerts.store([
            step(1, of: "p-1-7-tailsum", device: "a"), step(1, of: "p-1-70-tailsum", device: "b"),
            step(1, of: "p-1-7", device: "c"),
        ])
        #expect(try await fixture.alerts.show("p-1-70")?.alert.id == "p-1-70-tailsum")
        #expect(try await fixture.alerts.show("p-1-7")?.alert.id == "p-1-7")
        #expect(try await fixture.alerts.show("p-2") == nil)
        #expect(try await fixture.alerts.show("") == nil)
        let error = await #expect(throws: AmbiguousAlert.self) { try await fixture.alerts.show("p-1-") }
        #expect(error?.description == "several alerts begin with 'p-1-': p-1-7, p-1-7-tailsum, p-1-70-tailsum")
    }

    @Test func `the open alerts of some series are given to who has lost them`() async throws {
        let fixture = try await AlertFixture.make()
        _ = try await fixture.alerts.store([
            step(1, of: "a", device: "a"), step(1, of: "a2", device: "a", detector: "flat-line"),
            step(1, of: "b", nil, .pending, .breached, device: "b"), step(1, of: "c", device: "c"),
            step(1, of: "d", device: "d"), step(2, of: "d", .firing, .resolved, .cleared, device: "d"),
            step(1, of: "e", device: "e", sensor: ""),
        ])
        let series = ["a", "b", "d", "x"].map { SensorName(device: $0, sensor: "temperature") }
        #expect(Set(try await fixture.alerts.open(of: series + series).map(\.id)) == ["a", "a2", "b"])
        #expect(try await fixture.alerts.open(of: [SensorName(device: "e", sensor: "")]).map(\.id) == ["e"])
        #expect(try await fixture.alerts.open(of: []) == [])
    }

    @Test func `whatever a device sends, its alert is stored`() async throws {
        let fixture = try await AlertFixture.make()
        for (number, location) in ["{broken", #"{"a": "\u0000"}"#, #"{"lat": 1e999999}"#].enumerated() {
            var transition = step(1, of: "odd-\(number)", device: "nul\0\(number)", value: .nan)
            transition.at = Timestamp(microseconds: .min)
            transition.subject.time = Timestamp(microseconds: .max)
            transition.subject.location = location
            transition.why = "NUL \0"
            transition.subject.anomaly?.why = "NUL \0 too"
            #expect(try await fixture.alerts.store([transition]) == [.stored])
            #expect(try await fixture.alerts.store([transition]) == [.known])
            let history = try #require(try await fixture.alerts.show("odd-\(number)"))
            #expect(history.alert.location == nil && history.alert.device == "nul\u{FFFD}\(number)")
            #expect(history.alert.why == "NUL \u{FFFD} too" && history.transitions[0].why == "NUL \u{FFFD}")
            #expect(history.alert.time.iso8601.hasPrefix("9999") && history.alert.changedAt.iso8601.hasPrefix("0001"))
            #expect(history.alert.json.text.contains(#""value":null"#))
        }
    }

    @Test func `an alert of a silent device has no reading`() async throws {
        let fixture = try await AlertFixture.make()
        var transition = step(1, of: "gone", sensor: "", detector: "missing", severity: .critical)
        transition.subject = AlertSubject(time: transition.at)
        _ = try await fixture.alerts.store([transition])
        let alert = try #require(try await fixture.alerts.show("gone")?.alert)
        #expect(alert.value == nil && alert.score == nil && alert.location == nil && alert.why == transition.why)
        #expect(
            alert.created(at: Timestamp(seconds: 0)).json.text == """
                {"id":"gone","state":"firing","severity":"critical","device_id":"boiler","sensor_type":"",\
                "detector":"missing","unit":"","timestamp":"2026-11-18T11:06:41.000000Z","why":"fired as number 1",\
                "event_id":"gone","ordinal":1,"changed_at":"2026-11-18T11:06:41.000000Z",\
                "fired_at":"2026-11-18T11:06:41.000000Z","created_at":"1970-01-01T00:00:00.000000Z"}
                """)
    }
}

extension AlertRecord {
    func created(at time: Timestamp) -> AlertRecord {
        var record = self
        record.createdAt = time
        return record
    }
}
