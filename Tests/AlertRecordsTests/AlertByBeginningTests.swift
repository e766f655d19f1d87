import IOLoop
import PostgreSQL
import Testing

@testable import AlertRecords

@IOThread
struct AlertByBeginningTests {
    @Test func `an alert is found by the beginning of its id without looking at all of them`() async throws {
        let fixture = try await AlertFixture.make()
        try await fixture.connection.execute(
            """
            INSERT INTO alerts (alert_id, time, device_id, sensor_type, detector, why, event_id)
            SELECT 'p-' || n || '-tailsum', now(), 'd' || n, 't', 'tailsum', 'why', 'p-' || n
            FROM generate_series(1, 20000) AS n;
            ANALYZE alerts
            """)
        let plan = try await fixture.connection.query(
            "EXPLAIN \(AlertTable.beginning.sql)", [.text("p-1234")])
        let lines = (0..<plan.count).map { plan.text($0, 0) }
        #expect(lines.contains { $0.contains("alerts_id_beginning") }, "\(lines.joined(separator: "\n"))")
        #expect(!lines.contains { $0.contains("Seq Scan") })
        #expect(try await fixture.alerts.show("p-1234-")?.alert.device == "d1234")
        #expect(try await fixture.alerts.show("p-12345")?.alert.device == "d12345")
        await #expect(throws: AmbiguousAlert.self) { try await fixture.alerts.show("p-123") }
    }

    @Test func `the beginning may end in any character, and none that only looks like it is found`() async throws {
        let fixture = try await AlertFixture.make()
        for id in ["é-1", "e-1", "é-2", "%-1"] {
            _ = try await fixture.alerts.store([step(1, of: id, device: "of \(id)")])
        }
        #expect(try await fixture.alerts.show("é-1")?.alert.id == "é-1")
        #expect(try await fixture.alerts.show("%")?.alert.id == "%-1")
        await #expect(throws: AmbiguousAlert.self) { try await fixture.alerts.show("é") }
    }
}
