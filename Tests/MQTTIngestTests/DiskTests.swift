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
    .enabled("file systems cannot be mounted here") {
        if SmallDisk.isRequired { return true }
        return await SmallDisk.isPossible
    })
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

    private func run(_ ingest: IngestProcess, on disk: SmallDisk, _ port: UInt16) async throws {
        let child = try ingest.start(settings: ["mqtt_ingest.spool.min_free=8MiB"])
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
        let successor = try ingest.start(settings: ["mqtt_ingest.spool.min_free=8MiB"])
        try await eventually { try await ingest.spoolPage().text.contains("are to stay free") }
        let downstream = Downstream(registry: ingest.registry)
        try await eventually(within: .seconds(120)) { downstream.rows.count >= 30_000 }
        #expect(downstream.values == (0..<30_000).map(Double.init))
        try await eventually { try await ingest.spoolPage().isReady }
        await successor.stop(within: .seconds(60))
        downstream.close()
    }
}

/// A file system in memory, which can really be full.
final class SmallDisk: Sendable {
    let path: String

    init(at path: String, mebibytes: Int) async throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mount = Command("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", path])
        let (status, text) = try await mount.run()
        try #require(status.isSuccess, "mount: \(text)")
    }

    func remove() async {
        _ = try? await Command("/usr/bin/umount", ["--lazy", path]).run()
    }

    var freeBytes: Int {
        get throws {
            try FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? Int ?? 0
        }
    }

    /// To the last byte.
    func fill() throws {
        _ = FileManager.default.createFile(atPath: other, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: other))
        let block = Data(repeating: 1, count: 4_096)
        #expect(throws: (any Error).self) {
            while true { try file.write(contentsOf: block) }
        }
        try file.close()
    }

    func empty() throws {
        try FileManager.default.removeItem(atPath: other)
    }

    private var other: String { "\(path)/other" }

    static var isPossible: Bool {
        get async {
            guard let path = try? TestDirectory.make(), let disk = try? await SmallDisk(at: path, mebibytes: 1) else {
                return false
            }
            await disk.remove()
            return true
        }
    }

    /// As root in CI the right to mount is part of the gate, and missing it fails the test.
    static var isRequired: Bool {
        ProcessInfo.processInfo.environment["CI"] == "true" && UserAccount.isSuperuser
    }
}
