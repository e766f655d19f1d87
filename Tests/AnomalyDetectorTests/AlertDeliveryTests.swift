import Glibc
import IOLoop
import LocalServers
import MQTT
import Model
import Observability
import Processes
import TestServers
import Testing

@testable import AnomalyDetector

@IOThread
struct AlertDeliveryTests {
    private let identity = BatchIdentity(producer: "producer", sequence: 1)

    private func alert(_ number: Int, device: String = "dev-1") -> Alert {
        Alert(
            id: "producer-1-\(number)-z", device: device, sensor: "temperature", unit: "C", value: 99,
            timestamp: Timestamp(seconds: 60),
            anomaly: Anomaly(
                row: 0, detector: "z", score: 12.5, threshold: 3, expectedLow: 19, expectedHigh: 21, why: "far"),
            location: nil)
    }

    private func client(_ port: UInt16, _ name: String) throws -> MQTTClient {
        var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: name)
        options.backoff = MQTTBackoff(first: .milliseconds(20), ceiling: .milliseconds(200))
        let client = try MQTTClient(options)
        client.connect()
        return client
    }

    private func delivery(
        _ client: MQTTClient, _ registry: MetricsRegistry, patience: Duration = .seconds(30), limit: Int = 10_000
    ) -> AlertDelivery {
        let metrics = AnomalyDetectorMetrics(registry: registry, logger: .silent)
        return AlertDelivery(
            [MQTTNotifier(client, metrics: metrics)], patience: patience, limit: limit, metrics: metrics
        ) { client.state == .connected }
    }

    @Test func `a batch is settled when the broker has confirmed its alerts`() async throws {
        try await withPrivateMosquitto { running in try await settles(running.server.port) }
    }

    private func settles(_ port: UInt16) async throws {
        let listener = try client(port, "listener")
        var topics: [String] = []
        var payloads: [String] = []
        listener.onMessage = { message in
            topics.append(String(decoding: message.topic, as: UTF8.self))
            payloads.append(String(decoding: message.payload, as: UTF8.self))
        }
        try await eventually { listener.state == .connected }
        _ = try await listener.subscribe([MQTTSubscription(filter: "alerts/#", qos: .atLeastOnce)])
        let publisher = try client(port, "publisher")
        try await eventually { publisher.state == .connected }
        let registry = MetricsRegistry()
        let delivery = delivery(publisher, registry)

        // More than the client's window, and one that no topic can carry.
        delivery.publish((0..<500).map { alert($0) } + [alert(500, device: "a+b")], of: identity)
        var settled = false
        delivery.settle(identity) { settled = true }
        #expect(!settled)
        try await eventually { settled && payloads.count == 500 }
        #expect(Set(topics) == ["alerts/dev-1/temperature"])
        #expect(
            payloads[0] == """
                {"id":"producer-1-0-z","device_id":"dev-1","sensor_type":"temperature","value":99.0,"unit":"C",\
                "timestamp":"1970-01-01T00:01:00.000000Z","anomaly":{"type":"z","score":12.5,"threshold":3.0,\
                "expected_range":{"low":19.0,"high":21.0},"why":"far"}}
                """)
        let text = registry.prometheusText()
        #expect(text.contains("sluice_alerts_published_total 500\n"))
        #expect(text.contains("sluice_errors_total{error_type=\"alerts_refused\"} 1\n"))
        #expect(delivery.alertsUnderWay == 0)
        listener.close()
        publisher.close()
    }

    @Test func `with the broker away nothing waits, and the alert goes out when it is back`() async throws {
        try await withPrivateMosquitto { running in try await waitsForBroker(running) }
    }

    private func waitsForBroker(_ running: RunningServer) async throws {
        let publisher = try client(running.server.port, "publisher")
        try await eventually { publisher.state == .connected }
        await running.stop()
        try await eventually { publisher.state != .connected }
        let registry = MetricsRegistry()
        let delivery = delivery(publisher, registry)
        delivery.publish([alert(0)], of: identity)
        var settled = false
        delivery.settle(identity) { settled = true }
        #expect(settled)
        #expect(registry.prometheusText().contains("sluice_errors_total{error_type=\"alerts_deferred\"} 1\n"))

        let again = try await TestServers.restart(running.server)
        try await eventually { delivery.alertsUnderWay == 0 }
        #expect(registry.prometheusText().contains("sluice_alerts_published_total 1\n"))
        publisher.close()
        await again.stop()
    }

    @Test func `a broker that does not answer is waited for no longer than patience`() async throws {
        try await withPrivateMosquitto { running in try await losesPatience(running) }
    }

    private func losesPatience(_ running: RunningServer) async throws {
        let publisher = try client(running.server.port, "publisher")
        try await eventually { publisher.state == .connected }
        let registry = MetricsRegistry()
        let delivery = delivery(publisher, registry, patience: .milliseconds(50))
        running.process.signal(SIGSTOP)
        delivery.publish([alert(0)], of: identity)
        var settled = 0
        delivery.settle(identity) { settled += 1 }
        try await eventually { settled == 1 }
        running.process.signal(SIGCONT)
        try await eventually { delivery.alertsUnderWay == 0 }
        #expect(settled == 1)
        publisher.close()
    }

    @Test func `alerts beyond the limit are counted and not kept`() async throws {
        let publisher = try client(1, "publisher")
        let registry = MetricsRegistry()
        let delivery = delivery(publisher, registry, limit: 10)
        delivery.publish((0..<25).map { alert($0) }, of: identity)
        #expect(delivery.alertsUnderWay == 10)
        #expect(registry.prometheusText().contains("sluice_errors_total{error_type=\"alerts_dropped\"} 15\n"))
        publisher.close()
    }
}
