import Glibc
import IOLoop
import LocalServers
import MQTT
import Model
import Processes
import TestServers
import Testing

/// The built service, killed as the kernel kills, at the moments that matter.
@Suite(.serialized)
@IOThread
struct CrashTests {
    @Test(arguments: ["after-read", "after-commit"], ["3.1.1", "5"])
    func `killed before the acknowledgement, nothing is lost and nothing comes twice`(
        fault: String, version: String
    ) async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port, version: version)
            try await ingest.establishSession()
            try await publish(0..<500, to: broker.server.port)

            let doomed = try ingest.start(fault: fault, settings: ["mqtt_ingest.batch_readings=100"])
            let end = await doomed.exitStatus(within: .seconds(60))
            #expect(end == .killed(signal: SIGKILL))

            let downstream = Downstream(registry: ingest.registry)
            let child = try ingest.start()
            try await eventually { downstream.rows.count >= 500 }
            // What would be stored twice would come before this one.
            try await publish(500..<501, to: broker.server.port)
            try await eventually { downstream.values.contains(500) }
            #expect(downstream.values == (0...500).map(Double.init))
            let status = await child.stop(within: .seconds(60))
            #expect(status.isSuccess)
            downstream.close()
        }
    }

    @Test func `killed again and again under load, nothing is lost and nothing comes twice`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            try await ingest.establishSession()
            let downstream = Downstream(registry: ingest.registry)
            let publishing = Task { try await publish(0..<20_000, to: broker.server.port) }
            for round in 1...5 {
                let before = downstream.rows.count
                let child = try ingest.start()
                try await eventually { downstream.rows.count > before + 200 || downstream.rows.count >= 20_000 }
                child.signal(round.isMultiple(of: 2) ? SIGTERM : SIGKILL)
                _ = await child.exitStatus(within: .seconds(60))
            }
            let child = try ingest.start()
            try await publishing.value
            try await eventually { downstream.rows.count >= 20_000 }
            try await publish(20_000..<20_001, to: broker.server.port)
            try await eventually { downstream.values.last == 20_000 }
            #expect(downstream.values == (0...20_000).map(Double.init))
            await child.stop(within: .seconds(60))
            downstream.close()
        }
    }

    @Test func `a duplicate that was not stored keeps its flag`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            try await ingest.establishSession()
            try await publish(0..<10, to: broker.server.port)
            let doomed = try ingest.start(fault: "after-read")
            _ = await doomed.exitStatus(within: .seconds(60))
            let downstream = Downstream(registry: ingest.registry)
            let child = try ingest.start()
            try await eventually { downstream.rows.count == 10 }
            #expect(downstream.rows.values.allSatisfy { $0.flags == .duplicate })
            await child.stop(within: .seconds(60))
            downstream.close()
        }
    }

    @Test(arguments: ["3.1.1", "5"])
    func `every quality of service, retained messages, presence and dead letters come through`(
        version: String
    ) async throws {
        try await withPrivateMosquitto { broker in
            let port = broker.server.port
            try await publishRetained(to: port)
            let ingest = try IngestProcess(broker: port, version: version)
            let downstream = Downstream(registry: ingest.registry)
            let child = try ingest.start(settings: ["mqtt_ingest.qos=2"])
            try await ingest.ready()
            for (number, qos) in [MQTTQoS.atMostOnce, .atLeastOnce, .exactlyOnce].enumerated() {
                try await publish(number..<number + 1, to: port, qos: qos)
            }
            try await publish(7..<8, to: port, topic: "devices/device/status")
            try await publish(8..<9, to: port, topic: "sensors/device/")
            try await eventually { downstream.rows.count == 4 && downstream.deadLetters.count == 2 }
            #expect(downstream.values == [0, 1, 2, 99])
            #expect(downstream.rows.values.first { $0.value == 99 }?.flags == .retained)
            #expect(downstream.deadLetters.map(\.payload).contains(Array("{\"value\":8}".utf8)))
            let again = await child.stop(within: .seconds(60))
            #expect(again.isSuccess)
            downstream.close()
        }
    }

    @Test func `a second process on one spool ends with a clear error, and the first goes on`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            let first = try ingest.start()
            try await ingest.ready()
            let second = try ingest.start()
            let status = await second.exitStatus(within: .seconds(60))
            #expect(status == .exited(1))
            #expect(ingest.log.contains("ingest-1.sqlite: another process (pid \(first.pid)) has it open"))
            let downstream = Downstream(registry: ingest.registry)
            try await publish(0..<100, to: broker.server.port)
            try await eventually { downstream.values == (0..<100).map(Double.init) }
            await first.stop(within: .seconds(60))
            downstream.close()
        }
    }

    @Test func `a spool that was damaged while nobody looked is mended at the start`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            let doomed = try ingest.start(settings: ["mqtt_ingest.batch_readings=1"])
            try await ingest.ready()
            try await publish(0..<100, to: broker.server.port)
            try await eventually { try await ingest.spooled() == 100 }
            doomed.signal(SIGKILL)
            _ = await doomed.exitStatus(within: .seconds(60))
            try ingest.flipBitInLog()

            let child = try ingest.start()
            let downstream = Downstream(registry: ingest.registry)
            try await ingest.ready()
            #expect(ingest.log.contains("a damaged spool was replaced by what could be read of it"))
            try await publish(100..<200, to: broker.server.port)
            try await eventually { downstream.values.suffix(100) == (100..<200).map(Double.init) }
            #expect(downstream.rows.count >= 199, "one batch had one reading")
            await child.stop(within: .seconds(60))
            downstream.close()
        }
    }

    @Test func `another number of partitions is refused while batches wait in the spool`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            let first = try ingest.start()
            try await ingest.ready()
            try await publish(0..<100, to: broker.server.port)
            await first.stop(within: .seconds(60))
            for partitions in [8, 64] {
                let child = try ingest.start(settings: ["pipeline.partitions=\(partitions)"])
                let status = await child.exitStatus(within: .seconds(60))
                #expect(status == .exited(78))
                #expect(ingest.log.contains("written for 32 partitions, and \(partitions) are configured"))
            }
            let downstream = Downstream(registry: ingest.registry)
            let child = try ingest.start()
            try await eventually { downstream.values == (0..<100).map(Double.init) }
            await child.stop(within: .seconds(60))
            downstream.close()
        }
    }

    /// A restart with the same session must not bring the retained message once more.
    @Test(arguments: ["3.1.1", "5"])
    func `a restart does not store retained messages again`(version: String) async throws {
        try await withPrivateMosquitto { broker in
            let port = broker.server.port
            try await publishRetained(to: port)
            let ingest = try IngestProcess(broker: port, version: version)
            let downstream = Downstream(registry: ingest.registry)
            for round in 0..<3 {
                let child = try ingest.start()
                try await ingest.ready()
                try await publish(round..<round + 1, to: port)
                try await eventually { downstream.values.contains(Double(round)) }
                await child.stop(within: .seconds(60))
            }
            #expect(downstream.values == [0, 1, 2, 99])
            downstream.close()
        }
    }

    private func publishRetained(to port: UInt16) async throws {
        let client = try MQTTClient(MQTTOptions(host: "127.0.0.1", port: port, clientID: "keeper"))
        client.connect()
        try await client.publishAndWait(
            topic: "sensors/device/counter", payload: Array("{\"value\":99}".utf8), retain: true)
        client.close()
    }
}
