import AlertRecords
import Alerting
import IOLoop
import Model
import TestServers
import Testing

@IOThread
struct AlertFilterTests {
    @Test func `alerts are found by all that tells them apart`() async throws {
        let fixture = try await AlertFixture.make()
        _ = try await fixture.alerts.store([
            step(1, of: "a", device: "boiler-1", severity: .info, at: 100),
            step(1, of: "b", nil, .pending, .breached, device: "boiler-2", sensor: "pressure", at: 200),
            step(1, of: "c", device: "pump", sensor: "", detector: "missing", severity: .critical, at: 300),
            step(1, of: "d", device: "pump", detector: "flat-line", at: 400),
            step(2, of: "d", .firing, .resolved, .cleared, device: "pump", detector: "flat-line", at: 450),
        ])
        func ids(_ filter: AlertFilter, limit: Int = 10) async throws -> String {
            #expect(
                try await fixture.alerts.count(filter) >= (try await fixture.alerts.list(filter, limit: limit)).count)
            return try await fixture.alerts.list(filter, limit: limit).map(\.id).joined()
        }
        #expect(try await ids(AlertFilter()) == "dcba")
        #expect(try await ids(AlertFilter(), limit: 2) == "dc")
        #expect(try await fixture.alerts.count(AlertFilter()) == 4)
        #expect(try await ids(AlertFilter(states: [.firing, .pending])) == "cba")
        #expect(try await ids(AlertFilter(severity: .warning)) == "dcb")
        #expect(try await ids(AlertFilter(since: Timestamp(seconds: 200), until: Timestamp(seconds: 300))) == "b")
        #expect(try await ids(AlertFilter(devices: ["boiler-*"])) == "ba")
        #expect(try await ids(AlertFilter(devices: ["boiler-[2-9]", "pum?"])) == "dcb")
        #expect(try await ids(AlertFilter(devices: ["boiler-1", "boiler"])) == "a")
        #expect(try await ids(AlertFilter(devices: [])) == "dcba")
        #expect(try await ids(AlertFilter(sensors: [""])) == "c")
        #expect(try await ids(AlertFilter(devices: ["p*"], detectors: ["flat-*"])) == "d")
        #expect(try await ids(AlertFilter(devices: ["x*"])) == "")
        #expect(try await fixture.alerts.count(AlertFilter(sensors: ["temp*"])) == 2)
    }
}
