import AlertRecords
import Alerting
import IOLoop
import Model
import PostgreSQL
import TestServers
import Testing

/// One fingerprint, one open alert, whoever believes what.
@IOThread
struct AlertFenceTests {
    @Test func `while an alert is open another one of the same fingerprint is superseded, and nothing of it stays`()
        async throws
    {
        let fixture = try await AlertFixture.make()
        _ = try await fixture.alerts.store([step(1, of: "b"), step(2, of: "b", .firing, .firing, .reminded)])
        let other = [step(1, of: "a", nil, .pending, .breached), step(2, of: "a", .pending, .firing)]
        #expect(try await fixture.alerts.store(other) == Array(repeating: .superseded(by: "b", ordinal: 2), count: 2))
        #expect(try await fixture.alerts.show("a") == nil)
        #expect(try await fixture.number("SELECT count(*) FROM alert_transitions") == 2)
        // Of another detector, sensor or device it is another alert.
        let apart = [
            step(1, of: "c", detector: "flat-line"), step(1, of: "d", sensor: "x"), step(1, of: "e", device: "x"),
        ]
        #expect(try await fixture.alerts.store(apart) == [.stored, .stored, .stored])
    }

    @Test func `an end is always recorded`() async throws {
        let fixture = try await AlertFixture.make()
        _ = try await fixture.alerts.store([step(1, of: "b")])
        let superseded = step(2, of: "a", .firing, .resolved, .superseded, telling: .quiet(.known))
        #expect(try await fixture.alerts.store([superseded]) == [.stored])
        let history = try #require(try await fixture.alerts.show("a"))
        #expect(history.alert.state == .resolved && history.transitions.map(\.cause) == ["superseded"])
        let open = try await fixture.alerts.open(of: [SensorName(device: "boiler", sensor: "temperature")])
        #expect(open.map(\.id) == ["b"])
    }

    @Test func `one ends and the next begins in one go, in whatever order their ids are`() async throws {
        let fixture = try await AlertFixture.make()
        for (old, new) in [("a", "b"), ("b", "c"), ("c", "a1")] {
            _ = try await fixture.alerts.store([step(1, of: old)])
            let change = [step(2, of: old, .firing, .resolved, .cleared), step(1, of: new)]
            #expect(try await fixture.alerts.store(change).last == .stored)
        }
        // The first one again, which has been resolved since.
        let again = [step(2, of: "a1", .firing, .resolved, .cleared), step(3, of: "a", .resolved, .firing)]
        #expect(try await fixture.alerts.store(again) == [.stored, .stored])
        #expect(try await fixture.text("SELECT string_agg(alert_id, ',') FROM alerts WHERE state <> 'resolved'") == "a")
    }

    @Test func `of two owners that raise the same at the same moment one raises it`() async throws {
        let fixture = try await AlertFixture.make()
        let (left, right) = (try await fixture.other(), try await fixture.other())
        for round in 0..<150 {
            // The same alert in even rounds, and two that exclude each other in odd ones.
            let ids = round.isMultiple(of: 2) ? ("x", "x") : ("x", "y")
            let device = "device-\(round)"
            async let first = left.store([step(1, of: "\(ids.0)-\(round)", device: device)])
            async let second = right.store([step(1, of: "\(ids.1)-\(round)", device: device)])
            let outcomes = try await first + second
            #expect(outcomes.count { $0 == .stored } == 1, "round \(round): \(outcomes)")
            #expect(try await fixture.number("SELECT count(*) FROM alerts WHERE device_id = '\(device)'") == 1)
        }
    }

    @Test func `owners that believe in the same series never wait for each other for ever`() async throws {
        let fixture = try await AlertFixture.make()
        let owners = (0..<4).map { owner in
            Task { try await Self.stormOf(owner, through: try await fixture.other()) }
        }
        var stored = 0
        for owner in owners { stored += try await owner.value }
        // Each of 20 devices has had one open alert all the time, or none.
        let doubled =
            "SELECT count(*) FROM (SELECT FROM alerts WHERE state <> 'resolved' GROUP BY device_id HAVING count(*) > 1) d"
        #expect(try await fixture.number(doubled) == 0)
        #expect(stored > 0)
        #expect(try await fixture.number("SELECT count(*) FROM alert_transitions") == stored)
    }

    /// Alerts of 20 devices, opened and ended at random; what the fence refuses is given up.
    private static func stormOf(_ owner: Int, through table: AlertTable) async throws -> Int {
        var generator = SystemRandomNumberGenerator()
        var stored = 0
        for round in 0..<40 {
            let devices = (0..<20).shuffled(using: &generator).prefix(8)
            let opening = devices.map { step(1, of: "\(owner)-\(round)-\($0)", device: "device-\($0)") }
            let outcomes = try await table.store(opening)
            let opened = zip(opening, outcomes).filter { $1 == .stored }.map(\.0)
            let ends = opened.shuffled(using: &generator).map {
                step(2, of: $0.alertID, .firing, .resolved, .cleared, device: $0.fingerprint.device)
            }
            stored += opened.count + (try await table.store(ends)).count { $0 == .stored }
        }
        return stored
    }
}
