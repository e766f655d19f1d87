import Foundation
import HTTPEndpoints
import Model
import Observability
import Settings
import StageRuntime
import TestServers
import Testing

@testable import HealthMonitor

/// A server that looks like a service.
private struct Peer {
    let health = HealthBoard()
    let metrics = MetricsRegistry()
    let server: OperatorServer

    private struct Section: SettingsSection {
        static let section = "http"
        let http: HTTPSettings
        init(from reader: SettingsReader) { http = HTTPSettings(from: reader) }
    }

    init(_ service: String, _ instance: String, http: String = "") async throws {
        let settings = try SettingsDocument(yaml: http, environment: [:]).decode(Section.self).http
        let identity = ServiceIdentity(service: service, instance: instance)
        server = try await OperatorServer.start(
            on: settings, pages: OperatorPages(identity: identity, health: health, metrics: metrics))
        health.enter(.running)
    }
}

@Suite struct FleetWatchTests {
    private func configuration(_ yaml: String) throws -> HealthMonitorConfiguration {
        try SettingsDocument(yaml: "health_monitor: \(yaml)", environment: [:]).decode(HealthMonitorConfiguration.self)
    }

    private func watch(_ configuration: HealthMonitorConfiguration) -> FleetWatch {
        let discovery = InstanceDiscovery(directory: nil, targets: configuration.targets) { [$0] }
        return FleetWatch(discovery, configuration, HealthMonitorMetrics(in: MetricsRegistry()))
    }

    @Test func `instances that speak TLS are asked by the name that was looked up`() async throws {
        let certificates = try Certificates(names: "DNS:writers.example")
        try certificates.protect("server.key")
        let (certificate, key) = (certificates.path("server.pem"), certificates.path("server.key"))
        let writer = try await Peer(
            "storage-writer", "storage-writer-1",
            http: "http: { tls: { certificate_file: \(certificate), private_key_file: \(key) } }")
        let ledger = try #require(
            writer.server.url.firstRange(of: "127.0.0.1").map { range in
                writer.server.url.replacingCharacters(in: range, with: "writers.example")
            })
        func look(_ url: String, _ authority: String) async throws -> FleetStatus.Instance? {
            let configuration = try configuration("{ deadline: 30s, instances: ['\(url)'], ca_file: \(authority) }")
            let discovery = InstanceDiscovery(directory: nil, targets: configuration.targets) { _ in ["127.0.0.1"] }
            let client = try OperatorClient(trusting: configuration.authorityFile)
            let watch = FleetWatch(
                discovery, configuration, HealthMonitorMetrics(in: MetricsRegistry()), client: client)
            await watch.look()
            return await watch.status.instances.first
        }
        let seen = try await look(ledger, certificates.path("ca.pem"))
        #expect(seen?.state == .ready && seen?.url == writer.server.url, "\(String(describing: seen))")
        let stranger = try await look(ledger, try Certificates().path("ca.pem"))
        #expect(stranger?.detail.contains("CERTIFICATE_VERIFY_FAILED") == true, "\(String(describing: stranger))")
        let other = ledger.replacing("writers.example", with: "readers.example")
        #expect(try await look(other, certificates.path("ca.pem"))?.state != .ready)
        await writer.server.stop()
    }

    @Test func `instances are found, asked and sorted by the flow`() async throws {
        let writer = try await Peer("storage-writer", "storage-writer-1")
        let ingest = try await Peer("mqtt-ingest", "mqtt-ingest-1")
        ingest.health.check("mqtt").report(.degraded, "one of two brokers")
        writer.metrics.counter("sluice_received_readings_total", "R.").add(7)
        let urls = "['\(writer.server.url)', '\(ingest.server.url)']"
        let watch = watch(try configuration("{ deadline: 30s, instances: \(urls) }"))
        await watch.look()
        let status = await watch.status
        #expect(status.instances.map(\.instance) == ["mqtt-ingest-1", "storage-writer-1"])
        #expect(status.instances.map(\.state) == [.degraded, .ready])
        #expect(status.instances.first?.detail == "mqtt: one of two brokers")
        #expect(status.instances.last?.throughput.received == 7)
        #expect(status.state == .degraded)
        #expect(status.pollSeconds == 1 && status.json().contains(#""poll_seconds":1"#))
        await writer.server.stop()
        await ingest.server.stop()
        await watch.look()
        #expect(await watch.status.state == .down)
    }

    @Test func `one that is silent does not hold up the others`() async throws {
        let peer = try await Peer("preprocessor", "preprocessor-1")
        let silent = try #require(SilentListener())
        defer { silent.close() }
        let urls = "['\(peer.server.url)', 'http://127.0.0.1:\(silent.port)']"
        let watch = watch(try configuration("{ deadline: 5s, instances: \(urls) }"))
        await watch.look()
        let states = await watch.status.instances.map(\.state)
        #expect(states.sorted { $0.severity < $1.severity } == [.ready, .stalled])
        await peer.server.stop()
    }

    @Test func `until readings are stored it looks four times a second, and then as often as it is told`() async throws
    {
        let writer = try await Peer("storage-writer", "storage-writer-1")
        let stored = writer.metrics.counter("sluice_sent_readings_total", "S.")
        let watch = watch(
            try configuration("{ poll_interval: 60s, deadline: 30s, instances: ['\(writer.server.url)'] }"))
        let looking = Task { await watch.run() }
        defer { looking.cancel() }
        try await expect(watch, toLookEvery: 0.25)
        stored.add(5)
        try await expect(watch, toLookEvery: 60)
        await writer.server.stop()
    }

    private func expect(_ watch: FleetWatch, toLookEvery seconds: Double) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while await watch.status.pollSeconds != seconds {
            try #require(ContinuousClock.now < deadline, "it does not look every \(seconds) s")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `a name stands for all its addresses, also while it cannot be looked up`() async throws {
        let targets = try configuration("{ instances: ['http://preprocessor:9102'] }").targets
        let answers = Answers([["10.0.0.1", "10.0.0.2"], []])
        let discovery = InstanceDiscovery(directory: nil, targets: targets) { _ in await answers.next() }
        let now = ContinuousClock.now
        #expect(await discovery.sightings(at: now).map(\.key) == ["10.0.0.1:9102", "10.0.0.2:9102"])
        #expect(await discovery.sightings(at: now + .seconds(6)).map(\.key) == ["10.0.0.1:9102", "10.0.0.2:9102"])
    }

    @Test func `loopback resolves`() async {
        #expect(await HostAddresses.resolve("localhost").contains("127.0.0.1"))
        #expect(await HostAddresses.resolve("name.invalid").isEmpty)
    }

    @Test func `URLs that are none are refused`() throws {
        let document = SettingsDocument(yaml: "health_monitor: { instances: ['ftp://x'] }", environment: [:])
        let problem = try #require(document.validate([HealthMonitorConfiguration.self]).first)
        #expect(problem.message == "'ftp://x' is no http:// or https:// URL")
    }
}

private actor Answers {
    private var answers: [[String]]

    init(_ answers: [[String]]) { self.answers = answers }

    func next() -> [String] { answers.removeFirst() }
}
