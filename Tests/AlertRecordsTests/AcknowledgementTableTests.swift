import AlertRecords
import Alerting
import IOLoop
import Model
import TestServers
import Testing

@IOThread
struct AcknowledgementTableTests {
    @Test func `what is asked for waits until the owner takes it`() async throws {
        let fixture = try await AlertFixture.make()
        let table = fixture.acknowledgements
        _ = try await fixture.alerts.store([step(1, of: "b", device: "x"), step(1, of: "a", device: "y")])
        try await table.ask("b", by: "ada", note: "")
        try await table.ask("a", by: "bea", note: "on my way")
        try await table.ask("b", by: "ada", note: "valve is stuck")
        let open = try await table.open()
        #expect(
            Set(open.map { "\($0.alertID) \($0.actor) \($0.note)" }) == ["b ada valve is stuck", "a bea on my way"])
        #expect(open.map(\.askedAt) == open.map(\.askedAt).sorted())
        try await table.take("a", outcome: "acknowledged")
        try await table.take("a", outcome: "again")
        #expect(try await table.open().map(\.alertID) == ["b"])
        #expect(
            try await fixture.text("SELECT outcome FROM alert_acknowledgements WHERE alert_id = 'a'") == "acknowledged")
        // The alert fires again, later.
        try await table.ask("a", by: "cleo", note: "")
        #expect(try await table.open().map(\.actor) == ["ada", "cleo"])
    }

    @Test func `what cannot be acknowledged says why`() async throws {
        let fixture = try await AlertFixture.make()
        func refusal(_ id: String, by actor: String = "ada") async -> String {
            do {
                try await fixture.acknowledgements.ask(id, by: actor, note: "")
                return "none"
            } catch {
                return "\(error)"
            }
        }
        _ = try await fixture.alerts.store([
            step(1, of: "p", nil, .pending, .breached, device: "1"), step(1, of: "r", device: "2"),
            step(2, of: "r", .firing, .resolved, .cleared, device: "2"), step(1, of: "a", device: "3"),
            step(2, of: "a", .firing, .acknowledged, .acknowledged, device: "3", actor: "bea"),
            step(1, of: "f", device: "4"),
        ])
        #expect(await refusal("x") == "there is no alert 'x'")
        #expect(await refusal("p") == "alert p does not fire yet: it is pending")
        #expect(await refusal("r") == "alert r does not fire any more: it is resolved")
        #expect(await refusal("a") == "alert a is acknowledged already, by bea")
        #expect(await refusal("f") == "none")
        #expect(await refusal("f", by: "bea") == "alert f is being acknowledged by ada")
        #expect(try await fixture.acknowledgements.open().map(\.actor) == ["ada"])
    }
}
