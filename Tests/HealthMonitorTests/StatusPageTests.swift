import Foundation
import HTTPEndpoints
import Model
import Testing

@testable import HealthMonitor

@Suite struct StatusPageTests {
    private func instance(
        _ name: String, _ state: InstanceState, detail: String = "", received: Double? = nil
    ) -> FleetStatus.Instance {
        FleetStatus.Instance(
            name: name, instance: "\(name)-1", state: state, since: "2026-01-01T00:00:00Z", detail: detail,
            url: "http://127.0.0.1:1", pid: 1, version: "0.1.0", uptime: 90, restarts: 0, memoryBytes: 44_040_192,
            cpu: 0.5,
            throughput: FleetStatus.Throughput(receivedPerSecond: received), checks: [])
    }

    private func status(_ instances: [FleetStatus.Instance]) -> FleetStatus {
        FleetStatus(state: .degraded, time: "2026-01-01T12:34:56.000000Z", instances: instances)
    }

    @Test func `the page shows each instance with its state and figures`() {
        let cards = StatusPage.cards(
            status([instance("mqtt-ingest", .degraded, detail: "redis: away", received: 1_234)]))
        for text in ["mqtt-ingest-1", "degraded", "redis: away", "1.2k/s", "42.0 MiB", "50 %", "1 min", "12:34:56"] {
            #expect(cards.contains(text), "\(text)")
        }
    }

    @Test func `what instances say is escaped`() {
        let cards = StatusPage.cards(status([instance("a", .down, detail: #"<script>alert("1")</script>&"#)]))
        #expect(!cards.contains("<script"))
        #expect(cards.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;"))
    }

    @Test func `nothing on the page is inline or from elsewhere`() {
        let page = StatusPage.page(status([instance("a", .ready)]))
        #expect(page.headers["Content-Security-Policy"] == StatusPage.contentSecurityPolicy)
        #expect(!StatusPage.contentSecurityPolicy.contains("unsafe"))
        #expect(!page.body.contains("style="))
        #expect(!page.body.contains("onclick"))
        #expect(page.body.components(separatedBy: "<script").count == 2)
        #expect(page.body.contains(#"<script src="/app.js" defer></script>"#))
    }

    @Test func `without instances the page says so`() {
        #expect(StatusPage.cards(status([])).contains("no instances found"))
    }

    @Test func `the status is JSON in snake case`() throws {
        let json = status([instance("a", .ready, received: 5)]).json()
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["state"] as? String == "degraded")
        let first = try #require((object["instances"] as? [[String: Any]])?.first)
        #expect(first["state"] as? String == "ready")
        #expect((first["throughput"] as? [String: Any])?["received_per_second"] as? Double == 5)
    }

    @Test func `figures are short`() {
        #expect(HumanText.count(950) == "950")
        #expect(HumanText.count(23_400) == "23.4k")
        #expect(HumanText.bytes(1_536) == "1.5 KiB")
        #expect(HumanText.age(12_000) == "3 h 20 min")
        #expect(HumanText.age(180_000) == "2 d 2 h")
    }
}
