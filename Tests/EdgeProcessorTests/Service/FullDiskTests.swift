import IOLoop
import LocalServers
import Logging
import MQTT
import Observability
import Processes
import Spool
import TestServers
import Testing

@testable import EdgeProcessor

/// The gateway's disk is full, and messages come that nobody sends again.
@Suite(.serialized, .enabled("file systems cannot be mounted here") { await SmallDisk.isExpected })
@IOThread
struct FullDiskTests {
    private func onSmallDisk(_ body: (SmallDisk) async throws -> Void) async throws {
        let disk = try await SmallDisk(at: TestDirectory.make(), mebibytes: 32)
        do {
            try await body(disk)
        } catch {
            await disk.remove()
            throw error
        }
        await disk.remove()
    }

    /// - Parameter size: of each payload, in bytes.
    private func publish(_ count: Int, of size: Int, to port: UInt16) async throws {
        let client = try MQTTClient(
            MQTTOptions(host: "127.0.0.1", port: port, clientID: "devices-\(UInt32.random(in: 0 ... .max))"))
        client.connect()
        try await client.waitUntilConnected()
        for number in 0..<count {
            await client.room()
            let text = "\(number) "
            try client.publish(
                topic: "devices/pump/status",
                payload: Array((text + String(repeating: "x", count: size - text.count)).utf8), qos: .atMostOnce)
        }
        // With QoS 1, behind all the others on the same connection: the broker has them.
        try await client.publishAndWait(topic: "elsewhere", payload: [])
        client.close()
    }

    @Test(arguments: [(count: 10_000, size: 300), (count: 60, size: 200_000)])
    func `what waits in memory has a bound, and what was read is written when there is room`(
        count: Int, size: Int
    ) async throws {
        try await withPrivateMosquitto { local in
            try await onSmallDisk { disk in
                let bench = try await IntakeBench(port: local.server.port, disk: disk)
                try disk.fill()
                try await publish(count, of: size, to: local.server.port)
                try await eventually { bench.intake.failure != nil }
                // Every further look fails as the first did, and nothing more is read.
                let waiting = bench.intake.waiting
                for _ in 0..<20 {
                    bench.intake.flush()
                    await EventLoop.sleep(for: .milliseconds(20))
                }
                #expect(bench.intake.waiting == waiting)
                #expect(waiting > 0 && waiting <= EdgeIntake.fullBatch)
                #expect((waiting - 1) * size < EdgeIntake.fullBytes)
                #expect(Int(bench.client.counters.receivedMessages) == waiting)
                #expect(bench.client.isReadingPaused)
                try disk.empty()
                try await eventually {
                    bench.intake.flush()
                    return bench.spool.count == count
                }
                #expect(try bench.numbers() == Array(0..<count))
                bench.close()
            }
        }
    }

    @Test func `what cannot be written before the end is counted`() async throws {
        try await withPrivateMosquitto { local in
            try await onSmallDisk { disk in
                let edge = try EdgeProcess(
                    local: local.server.port, uplink: 1,
                    settings: ["edge_processor.spool.file=\(disk.path)/spool.sqlite"]
                )
                let child = try edge.start()
                // Presence is spooled as it is: whoever sees it counted knows that the subscription is there.
                try await eventually {
                    try await publish(1, of: 10, to: local.server.port)
                    return try await edge.metric("sluice_spooled_messages_total") > 0
                }
                // The last of them is on the disk, too.
                try await eventually {
                    let received = try await edge.metric("sluice_received_messages_total")
                    return try await edge.metric("sluice_spooled_messages_total") == received
                }
                try disk.fill()
                let before = try await edge.metric("sluice_received_messages_total")
                try await publish(25, of: 10, to: local.server.port)
                try await eventually { try await edge.metric("sluice_received_messages_total") == before + 25 }
                try await eventually { edge.log.contains("cannot write the spool") }
                #expect(await child.stop(within: .seconds(60)).isSuccess)
                let line = try #require(
                    edge.log.split(separator: "\n").first { $0.contains("nobody sends them again") })
                #expect(line.contains(#""messages":"25""#), "\(line)")
            }
        }
    }
}

/// An intake with a real broker before it and a small disk below it.
@IOThread
private final class IntakeBench {
    let client: MQTTClient
    let spool: UplinkSpool
    let intake: EdgeIntake

    init(port: UInt16, disk: SmallDisk) async throws {
        var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: "gateway")
        options.acknowledgement = .deferred
        client = try MQTTClient(options)
        spool = try UplinkSpool(path: "\(disk.path)/spool.sqlite") { "gateway" }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        intake = EdgeIntake(
            client: client, spool: spool,
            gateway: Gateway(
                name: "gw", rules: ProcessingRules(), seriesLimit: 10,
                forests: DeviceForests(ForestSettings(mode: .off, directory: nil)) { _ in }),
            // So long that only the bound ends a batch.
            linger: .seconds(5), spoolLimit: nil, metrics: EdgeProcessorMetrics(in: MetricsRegistry(), logger: logger))
        client.connect()
        try await client.waitUntilConnected()
        _ = try await client.subscribe([MQTTSubscription(filter: "devices/#", qos: .atLeastOnce)])
    }

    /// The first word of each message, in the spool's order.
    func numbers() throws -> [Int] {
        try spool.next(after: 0, limit: .max >> 1).compactMap { delivery in
            Int(String(decoding: delivery.message.payload.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self))
        }
    }

    func close() {
        client.close()
        spool.close()
    }
}
