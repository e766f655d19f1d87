import Foundation
import IOLoop
import LocalServers
import Logging
import MQTT
import Model
import Observability
import Payload
import Processes
import SQLite
import Settings
import StageRuntime
import TestServers
import Testing
import Wire

@testable import MQTTIngest

/// The service in this process, its pipe with a test's worker at the end.
@Suite(.serialized)
@IOThread
struct IntakeTests {
    private struct Running {
        let service: MQTTIngestService
        let context: ServiceContext
        let spool: String
        /// `true` for a green check.
        func check(_ name: String) -> HealthBoard.Check? { context.health.checks.first { $0.name == name } }
    }

    private func start(
        _ port: UInt16, name: String, directory: String, _ extra: [String] = []
    ) async throws -> Running {
        let overrides =
            [
                "mqtt.url=mqtt://127.0.0.1:\(port)", "mqtt_ingest.spool.directory=\(directory)",
                "mqtt_ingest.subscriptions=[sensors/\(name)/+]",
            ] + extra
        let settings = SettingsDocument(yaml: "{}", environment: [:], overrides: overrides)
        let configuration = try settings.decode(MQTTIngestConfiguration.self)
        let context = ServiceContext(service: "mqtt-ingest", instance: name)
        let service = try await MQTTIngestService(configuration: configuration, context: context)
        try await service.start()
        let running = Running(service: service, context: context, spool: "\(directory)/\(name).sqlite")
        return running
    }

    @Test(arguments: [(0, 5), (3, 5), (4, 400), (10_000, 400)])
    func `while parts are on their way a batch waits for more, within a bound`(parts: Int, milliseconds: Int) {
        #expect(
            Intake.patience(.milliseconds(5), partsInFlight: parts, contention: 0) == .milliseconds(milliseconds))
    }

    @Test(arguments: [(0, 10), (0.5, 205), (1, 400)])
    func `the scarcer cores are, the longer a batch waits for more`(contention: Double, milliseconds: Int) {
        #expect(
            Intake.patience(.milliseconds(10), partsInFlight: 1, contention: contention) == .milliseconds(milliseconds))
    }

    @Test func `whoever wants to linger longer than that does`() {
        #expect(Intake.patience(.seconds(1), partsInFlight: 9, contention: 1) == .seconds(1))
    }

    /// Nobody takes anything from the spool, so parts stay under way: no batch may wait for a broker that waits for it.
    @Test func `a broker with a small window is not waited for`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            let downstream = Downstream(registry: ingest.registry)
            let child = try ingest.start(settings: ["mqtt_ingest.receive_maximum=20", "mqtt_ingest.linger=100ms"])
            try await ingest.ready()
            let start = ContinuousClock.now
            try await publish(0..<400, to: broker.server.port)
            try await eventually { downstream.rows.count >= 400 }
            // 20 windows of a linger to fill and one to find out that nothing more comes; 400 ms each would be 8 s.
            #expect(ContinuousClock.now - start < .seconds(7))
            await child.stop(within: .seconds(60))
            downstream.close()
        }
    }

    @Test func `a full spool stops the reading, and room starts it again, with nothing lost`() async throws {
        try await withPrivateMosquitto { broker in
            let port = broker.server.port
            let directory = try TestDirectory.make()
            let running = try await start(
                port, name: "full", directory: directory,
                ["mqtt_ingest.spool.limit=64KiB", "mqtt_ingest.batch_readings=100"])
            try await eventually { running.check("mqtt")?.status == .ok }
            try await publish(0..<20_000, to: port, topic: "sensors/full/counter")
            try await eventually { running.check("spool")?.status == .fail }
            #expect(running.check("spool")?.detail.hasPrefix("cannot spool another batch: ") == true)
            #expect(running.check("mqtt")?.status == .fail)
            await running.service.drain()

            // As a preprocessor would free it.
            var values: Set<Double> = []
            let again = try await start(
                port, name: "full", directory: directory, ["mqtt_ingest.spool.limit=16MiB"])
            try await eventually {
                values = try Self.spooledValues(again.spool)
                return values.count >= 20_000
            }
            #expect(values.count == 20_000)
            await again.service.drain()
        }
    }

    @Test func `room that comes by acknowledgements from downstream is enough to go on`() async throws {
        try await withPrivateMosquitto { broker in
            let port = broker.server.port
            let ingest = try IngestProcess(broker: port)
            let child = try ingest.start(settings: [
                "mqtt_ingest.spool.limit=64KiB", "mqtt_ingest.batch_readings=100",
            ])
            try await ingest.ready()
            try await publish(0..<20_000, to: port)
            try await eventually { ingest.log.contains("cannot spool another batch") }
            let downstream = Downstream(registry: ingest.registry)
            try await eventually { downstream.rows.count >= 20_000 }
            #expect(downstream.values == (0..<20_000).map(Double.init))
            await child.stop(within: .seconds(60))
            downstream.close()
        }
    }

    @Test func `a lost connection brings nothing twice`() async throws {
        try await withPrivateMosquitto { broker in
            let port = broker.server.port
            let directory = try TestDirectory.make()
            let running = try await start(port, name: "lost", directory: directory)
            try await eventually { running.check("mqtt")?.status == .ok }
            let publishing = Task {
                try await publish(0..<5_000, to: port, topic: "sensors/lost/counter")
            }
            for _ in 0..<5 {
                await EventLoop.sleep(for: .milliseconds(100))
                try await steal(clientID: "sluice-lost", from: port)
                try await eventually { running.check("mqtt")?.status == .ok }
            }
            try await publishing.value
            try await eventually { try Self.spooledCount(running.spool) >= 5_000 }
            #expect(try Self.spooledCount(running.spool) == 5_000)
            #expect(try Self.spooledValues(running.spool) == Set((0..<5_000).map(Double.init)))
            await running.service.drain()
        }
    }

    /// Connects under the service's name, so that the broker throws the service out, and leaves at once.
    private func steal(clientID: String, from port: UInt16) async throws {
        var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: clientID)
        options.session = .persistent(expiry: .seconds(3_600))
        options.acknowledgement = .deferred
        let thief = try MQTTClient(options)
        var wasConnected = false
        thief.onEvent = { event in
            if case .connected = event { wasConnected = true }
        }
        thief.connect()
        try await eventually { wasConnected }
        thief.close()
    }

    private static func spooledBatches(_ path: String) throws -> [ReadingBatch] {
        // Beside the service, which has the spool for itself.
        let select = try Database(path: path).prepare("SELECT payload FROM batches ORDER BY sequence")
        var batches: [ReadingBatch] = []
        while try select.step() { batches.append(try BatchCodec.decode(select.blob(0))) }
        return batches
    }

    private static func spooledValues(_ path: String) throws -> Set<Double> {
        Set(try spooledBatches(path).flatMap(\.value))
    }

    private static func spooledCount(_ path: String) throws -> Int {
        try spooledBatches(path).reduce(0) { $0 + $1.count }
    }
}
