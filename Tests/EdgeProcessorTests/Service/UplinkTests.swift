import Foundation
import IOLoop
import LocalServers
import Logging
import MQTT
import Observability
import Spool
import TestServers
import Testing

@testable import EdgeProcessor

@IOThread
struct UplinkTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "edge-\(UUID().uuidString).sqlite").path

    @Test func `a message that can never be sent is set aside, and those behind it go`() async throws {
        try await withPrivateMosquitto { central in
            let spool = try UplinkSpool(path: path) { "gateway" }
            let good = (1...5).map { UplinkMessage(verbatim: "sensors/d/\($0)", Array("{\"raw_value\":\($0)}".utf8)) }
            try spool.commit(
                [UplinkMessage(verbatim: "sensors/a+b/s", [1]), UplinkMessage(verbatim: "a/#", [2])] + good)
            let centre = try await Centre(port: central.server.port)
            let client = try MQTTClient(
                MQTTOptions(host: "127.0.0.1", port: central.server.port, clientID: "gateway"))
            let metrics = EdgeProcessorMetrics(
                in: MetricsRegistry(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let uplink = Uplink(client: client, spool: spool, metrics: metrics)
            client.connect()
            try await client.waitUntilConnected()
            uplink.pump()
            try await eventually { centre.heard.count == 5 && spool.count == 0 }
            #expect(centre.values == [1, 2, 3, 4, 5])
            #expect(spool.refused == 2)
            #expect(uplink.failure == nil)
            try spool.removeDone()
            try spool.takeStock()
            #expect(spool.count == 0 && spool.bytes == 0 && spool.waitingBytes == 0)
            uplink.stop()
            client.close()
            centre.close()
        }
    }
}

/// A spool that has a disk to itself.
struct UplinkDiskTests {
    @Test(.enabled("file systems cannot be mounted here") { await SmallDisk.isExpected })
    func `it fills its disk, is emptied, and fills it again`() async throws {
        let disk = try await SmallDisk(at: TestDirectory.make(), mebibytes: 16)
        do {
            let spool = try UplinkSpool(path: "\(disk.path)/spool.sqlite") { "gateway" }
            for _ in 1...2 {
                let taken = try fill(spool)
                #expect(taken > 5_000)
                try empty(spool)
                #expect(spool.count == 0 && spool.waitingBytes == 0)
            }
        } catch {
            await disk.remove()
            throw error
        }
        await disk.remove()
    }

    private func fill(_ spool: UplinkSpool) throws -> Int {
        let message = UplinkMessage(verbatim: "sensors/d/s", [UInt8](repeating: 7, count: 300))
        var taken = 0
        var refusals = 0
        // The first refusal gives room back, when there is any.
        while refusals < 2 {
            do throws(SpoolError) {
                try spool.commit(Array(repeating: message, count: 100))
                taken += 100
            } catch {
                guard case .diskLow = error else { throw error }
                refusals += 1
            }
        }
        return taken
    }

    private func empty(_ spool: UplinkSpool) throws {
        while spool.count > 0 {
            for delivery in try spool.next(after: 0, limit: 200) { spool.confirm(delivery) }
            try spool.removeDone()
        }
    }
}
