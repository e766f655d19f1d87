import Foundation
import IOLoop
import LocalServers
import MQTT
import Processes
import TestServers
import Testing

/// The built service at work, as `/proc` sees it: what stands beside the tests, or the product of a release build that `EDGE_PROCESSOR` names
/// (`make footprint`), for which the promise is made. A debug build's code is slower and larger, and has bounds of its own.
@Suite(.serialized)
@IOThread
struct FootprintTests {
    private static let isRelease = EdgeProcess.namedExecutable != nil
    /// Bytes. Without giving pages back: 41 and 47 million.
    private static let memory = isRelease ? 25_000_000 : 35_000_000
    private static let start: Duration = isRelease ? .milliseconds(100) : .milliseconds(1_000)

    /// `VmRSS`, in bytes.
    private func resident(_ child: ChildProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
        let kilobytes = try #require(status.firstMatch(of: /VmRSS:\s+([0-9]+) kB/)?.output.1)
        return try #require(Int(kilobytes)) * 1_024
    }

    @Test func `at work it has less than 25 MB in memory, in a release build`() async throws {
        try await withPrivateMosquitto { local in
            try await withPrivateMosquitto { central in
                let edge = try EdgeProcess(local: local.server.port, uplink: central.server.port)
                let child = try edge.start()
                let devices = try MQTTClient(
                    MQTTOptions(host: "127.0.0.1", port: local.server.port, clientID: "devices"))
                devices.connect()
                try await devices.waitUntilConnected()
                try await eventually { edge.log.contains("\"started\"") }
                let atStart = try resident(child)
                var sizes: [Int] = []
                for number in 0..<3_000 {
                    await devices.room()
                    let topic = "sensors/pump-\(number % 50)/\(["flow", "heat", "draught"][number % 3])"
                    try devices.publish(topic: topic, payload: Array("{\"value\":\(number % 77)}".utf8))
                    if number % 10 == 9 { await EventLoop.sleep(for: .milliseconds(50)) }
                    guard number % 500 == 499 else { continue }
                    _ = try await edge.metric("sluice_received_messages_total")
                    sizes.append(try resident(child))
                }
                await devices.allConfirmed()
                try await eventually { try await edge.metric("sluice_sent_messages_total") > 300 }
                let returns = try await edge.metric("sluice_program_page_returns_total")
                #expect(returns > 0 || atStart < Self.memory)
                #expect(try resident(child) < Self.memory, "\(atStart) at the start, then \(sizes)")
                #expect(await child.stop(within: .seconds(60)).isSuccess)
                devices.close()
            }
        }
    }

    /// The best of some: the machine may be busy, and the program may not be in the page cache yet.
    @Test func `it starts in less than 100 ms, in a release build`() async throws {
        var times: [Duration] = []
        for _ in 0..<10 {
            let edge = try EdgeProcess(local: 1, uplink: 1)
            let before = ContinuousClock.now
            let child = try edge.start()
            while !edge.log.contains("\"started\"") {
                try #require(before.duration(to: .now) < .seconds(60), "\(edge.log)")
                await EventLoop.sleep(for: .milliseconds(1))
            }
            times.append(before.duration(to: .now))
            #expect(await child.stop(within: .seconds(60)).isSuccess)
        }
        let best = try #require(times.min())
        #expect(best < Self.start, "\(times)")
    }
}
