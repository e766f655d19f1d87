import Glibc
import IOLoop
import LocalServers
import MQTT
import Processes
import TestServers
import Testing

/// Two instances with one folder for their spools. The second takes nothing from the broker itself.
@Suite(.serialized)
@IOThread
struct AdoptionTests {
    private let quickly = [
        "mqtt_ingest.spool.adopt_after=200ms", "mqtt_ingest.subscriptions=nothing/+/+", "mqtt_ingest.spool.min_free=0B",
    ]

    @Test func `the spool of a killed instance is delivered by another, under its own identities`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            try await leave(1_000, in: ingest, broker.server.port)
            let downstream = Downstream(registry: ingest.registry)
            let heir = try ingest.start("ingest-2", settings: quickly)
            try await eventually { downstream.rows.count >= 1_000 }
            #expect(Set(downstream.rows.values.map(\.producer)).count == 1)
            try await eventually { ingest.log.contains("has let go of a spool") }

            // The owner comes back and goes on counting where it was.
            let owner = try ingest.start()
            try await publish(1_000..<2_000, to: broker.server.port)
            try await eventually { downstream.rows.count >= 2_000 }
            #expect(downstream.values == (0..<2_000).map(Double.init))
            #expect(Set(downstream.rows.values.map(\.producer)).count == 1)
            await owner.stop(within: .seconds(60))
            await heir.stop(within: .seconds(60))
            downstream.close()
        }
    }

    @Test func `an owner that returns gets its spool back from the adopter`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            try await leave(1_000, in: ingest, broker.server.port)
            let heir = try ingest.start("ingest-2", settings: quickly)
            try await eventually { ingest.log.contains("delivers a spool that was left") }
            let owner = try ingest.start()
            try await publish(1_000..<1_100, to: broker.server.port)
            try await eventually { ingest.log.contains("has let go of a spool") }
            let downstream = Downstream(registry: ingest.registry)
            try await eventually { downstream.rows.count >= 1_100 }
            #expect(downstream.values == (0..<1_100).map(Double.init))
            #expect(owner.status == nil)
            await owner.stop(within: .seconds(60))
            await heir.stop(within: .seconds(60))
            downstream.close()
        }
    }

    @Test func `the adopter killed in the middle costs nothing`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            try await leave(5_000, in: ingest, broker.server.port, settings: ["mqtt_ingest.batch_readings=10"])
            let downstream = Downstream(registry: ingest.registry)
            let first = try ingest.start("ingest-2", settings: quickly)
            try await eventually { downstream.rows.count > 100 }
            first.signal(SIGKILL)
            _ = await first.exitStatus(within: .seconds(60))
            let second = try ingest.start("ingest-3", settings: quickly)
            try await eventually { downstream.rows.count >= 5_000 }
            #expect(downstream.values == (0..<5_000).map(Double.init))
            await second.stop(within: .seconds(60))
            downstream.close()
        }
    }

    /// An instance reads so many, hands none on, and is killed.
    private func leave(_ count: Int, in ingest: IngestProcess, _ port: UInt16, settings: [String] = []) async throws {
        let doomed = try ingest.start(settings: settings)
        try await ingest.ready()
        try await publish(0..<count, to: port)
        // Confirmed by the broker; acknowledged by us when the broker has none of it left.
        try await eventually { try await ingest.spooled() == count }
        doomed.signal(SIGKILL)
        _ = await doomed.exitStatus(within: .seconds(60))
    }
}
