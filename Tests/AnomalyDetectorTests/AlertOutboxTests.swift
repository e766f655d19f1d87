import Alerting
import DetectorCatalog
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
struct AlertOutboxTests {
    private let identity = BatchIdentity(producer: "producer", sequence: 1)

    private let memory = SeriesMemory(DetectorChain([]))
    private let ledger = AlertLedger()

    private func alert(_ number: Int, device: String = "dev-1") -> AlertTransition {
        let anomaly = Anomaly(
            row: 0, detector: "z", score: 12.5, threshold: 3, expectedLow: 19, expectedHigh: 21, why: "far")
        return AlertTransition(
            alertID: "producer-1-\(number)-z", ordinal: 1,
            fingerprint: AlertFingerprint(
                series: SensorName(device: device, sensor: "temperature"), detector: "z\(number)"),
            from: nil, to: .firing, at: Timestamp(seconds: 61), cause: .fired, why: "far", severity: .warning,
            telling: .told, anomaly: anomaly,
            subject: AlertSubject(time: Timestamp(seconds: 60), value: 99, unit: "C", anomaly: anomaly))
    }

    private func client(_ port: UInt16, _ name: String) throws -> MQTTClient {
        var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: name)
        options.backoff = MQTTBackoff(first: .milliseconds(20), ceiling: .milliseconds(200))
        let client = try MQTTClient(options)
        client.connect()
        return client
    }

    private func outbox(
        _ client: MQTTClient, _ registry: MetricsRegistry, patience: Duration = .seconds(30)
    ) -> AlertOutbox {
        let metrics = AnomalyDetectorMetrics(registry: registry, logger: .silent)
        return AlertOutbox(
            memory: memory, record: ledger, notifiers: [MQTTNotifier(client, metrics: metrics)], patience: patience,
            metrics: metrics
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
        let outbox = outbox(publisher, registry)

        // More than the client's window, and one that no topic can carry.
        outbox.add((0..<500).map { alert($0) } + [alert(500, device: "a+b")], of: identity)
        var settled = false
        outbox.settle(identity) { settled = true }
        #expect(!settled)
        try await eventually { settled && payloads.count == 500 }
        #expect(Set(topics) == ["alerts/dev-1/temperature"])
        #expect(
            payloads[0] == """
                {"id":"producer-1-0-z","transition":1,"state":"firing","cause":"fired","severity":"warning",\
                "detector":"z0","why":"far","at":"1970-01-01T00:01:01.000000Z","device_id":"dev-1",\
                "sensor_type":"temperature","value":99.0,"unit":"C","timestamp":"1970-01-01T00:01:00.000000Z",\
                "anomaly":{"type":"z","score":12.5,"threshold":3.0,"expected_range":{"low":19.0,"high":21.0},\
                "why":"far"}}
                """)
        let text = registry.prometheusText()
        #expect(text.contains("sluice_alerts_published_total 500\n"))
        #expect(text.contains("sluice_errors_total{error_type=\"alerts_refused\"} 1\n"))
        #expect(outbox.count == 0)
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
        let outbox = outbox(publisher, registry)
        outbox.add([alert(0)], of: identity)
        var settled = false
        outbox.settle(identity) { settled = true }
        #expect(settled)
        #expect(registry.prometheusText().contains("sluice_errors_total{error_type=\"alerts_deferred\"} 1\n"))

        let again = try await TestServers.restart(running.server)
        try await eventually { outbox.count == 0 }
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
        let outbox = outbox(publisher, registry, patience: .milliseconds(50))
        running.process.signal(SIGSTOP)
        outbox.add([alert(0)], of: identity)
        var settled = 0
        outbox.settle(identity) { settled += 1 }
        try await eventually { settled == 1 }
        running.process.signal(SIGCONT)
        try await eventually { outbox.count == 0 }
        #expect(settled == 1)
        publisher.close()
    }

    @Test func `people are told though PostgreSQL is away, and it is written down when it is back`() async throws {
        try await withPrivateMosquitto { running in try await tellsWithoutRecord(running.server.port) }
    }

    private func tellsWithoutRecord(_ port: UInt16) async throws {
        let publisher = try client(port, "publisher")
        try await eventually { publisher.state == .connected }
        let registry = MetricsRegistry()
        let outbox = outbox(publisher, registry)
        ledger.isAway = true
        outbox.add([alert(0), alert(1)], of: identity)
        try await eventually { registry.prometheusText().contains("sluice_alerts_published_total 2\n") }
        #expect(outbox.count == 2 && ledger.transitions.isEmpty)
        ledger.isAway = false
        try await eventually { outbox.count == 0 }
        #expect(ledger.transitions.map(\.alertID) == ["producer-1-0-z", "producer-1-1-z"])
        #expect(registry.prometheusText().contains("sluice_alerts_published_total 2\n"))
        publisher.close()
    }

    @Test func `nobody is told of an alert whose fingerprint has an open one`() async throws {
        try await withPrivateMosquitto { running in try await fences(running.server.port) }
    }

    private func fences(_ port: UInt16) async throws {
        let publisher = try client(port, "publisher")
        try await eventually { publisher.state == .connected }
        let registry = MetricsRegistry()
        let outbox = outbox(publisher, registry)
        outbox.add([alert(0)])
        try await eventually { outbox.count == 0 }
        var second = alert(0)
        second.alertID = "another-7-0-z"
        outbox.add([second], of: identity)
        var settled = false
        outbox.settle(identity) { settled = true }
        try await eventually { settled && outbox.count == 0 }
        #expect(ledger.transitions.count == 1)
        #expect(registry.prometheusText().contains("sluice_alerts_published_total 1\n"))
        #expect(registry.prometheusText().contains("sluice_alerts_superseded_total 1\n"))
        publisher.close()
    }
}
