import Foundation
import IOLoop
import LocalServers
import MQTT
import Processes
import TestServers
import Testing

/// The built service on a small disk of its own.
@Suite(
    .serialized,
    .enabled("file systems cannot be mounted here") { await SmallDisk.isExpected })
@IOThread
struct DiskTests {
    /// First somebody else takes all the space between two looks, then the spool takes it.
    @Test func `a full disk stops it, room lets it go on, and nothing acknowledged is missing`() async throws {
        try await withPrivateMosquitto { broker in
            let ingest = try IngestProcess(broker: broker.server.port)
            let disk = try await SmallDisk(at: "\(ingest.directory)/spool", mebibytes: 32)
            do {
                try await run(ingest, on: disk, broker.server.port)
            } catch {
                await disk.remove()
                throw error
            }
            await disk.remove()
        }
    }

    /// Batches of half a megabyte: a batch is written twice, and what must stay free is looked at before.
    private static let settings = ["mqtt_ingest.spool.min_free=8MiB", "mqtt_ingest.batch_readings=500"]

    private func run(_ ingest: IngestProcess, on disk: SmallDisk, _ port: UInt16) async throws {
        let child = try ingest.start(settings: Self.settings)
        try await ingest.ready()
        try await publish(0..<500, to: port, padding: 1_000)

        try disk.fill()
        try await publish(500..<1_500, to: port, padding: 1_000)
        try await eventually { try await ingest.spoolPage().isReady == false }
        try disk.empty()
        try await eventually { try await ingest.spoolPage().isReady }

        try await publish(1_500..<30_000, to: port, padding: 1_000)
        try await eventually { try await ingest.spoolPage().text.contains("8388608 are to stay free") }
        #expect(try disk.freeBytes > 4 << 20)

        // Killed when it is full, it begins full, and gives away what it has.
        child.signal(SIGKILL)
        _ = await child.exitStatus(within: .seconds(60))
        let successor = try ingest.start(settings: Self.settings)
        try await eventually { try await ingest.spoolPage().text.contains("are to stay free") }
        let downstream = Downstream(registry: ingest.registry)
        try await eventually(within: .seconds(120)) { downstream.rows.count >= 30_000 }
        #expect(downstream.values == (0..<30_000).map(Double.init))
        try await eventually { try await ingest.spoolPage().isReady }
        await successor.stop(within: .seconds(60))
        downstream.close()
    }
}
