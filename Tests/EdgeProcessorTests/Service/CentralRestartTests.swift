import Foundation
import Glibc
import IOLoop
import LocalServers
import MQTT
import Processes
import SQLite
import TestServers
import Testing

/// The central broker keeps nothing on disk, and is killed while messages are on their way to it.
@Suite(.serialized)
@IOThread
struct CentralRestartTests {
    @Test func `messages under way when the central broker is killed arrive in order when it is back`() async throws {
        let central = try await TestServers.start {
            try MosquittoServer(directory: $0, port: $1, persistence: .none)
        }
        try await withPrivateMosquitto { local in
            let run = try await Run(local: local.server.port, central: central)
            do {
                try await run.survives()
            } catch {
                await run.abandon()
                throw error
            }
            await run.end()
        }
    }
}

/// A gateway between two brokers, and who listens at the centre.
@IOThread
private final class Run {
    private let edge: EdgeProcess
    private let centre: Centre
    private let devices: MQTTClient
    private var central: RunningServer
    private var gateway: ChildProcess
    private var published = 0
    /// Without the gateway having read that they were.
    private var delivered = 0
    private static let series = ["sensors/pump/flow", "sensors/oven/heat", "sensors/oven/draught"]
    /// Fewer than the uplink's window, so that all of them are under way together.
    private static let round = 450

    init(local: UInt16, central: RunningServer) async throws {
        self.central = central
        edge = try EdgeProcess(
            local: local, uplink: central.server.port,
            settings: [
                "edge_processor.other_sensors.transmission=dead-band", "edge_processor.other_sensors.band=0",
                "edge_processor.other_sensors.smoothing=none",
            ])
        centre = try await Centre(port: central.server.port)
        devices = try MQTTClient(MQTTOptions(host: "127.0.0.1", port: local, clientID: "devices"))
        devices.connect()
        try await devices.waitUntilConnected()
        gateway = try edge.start()
        try await establishSession()
    }

    func survives() async throws {
        try await publishRound()
        try await everythingArrives()
        try await brokerDiesBeforeItReads()
        try await everythingArrives()
        try await brokerAndGatewayDieBeforeTheAcknowledgementsAreRead()
        try await everythingArrives()
        try await publishRound()
        try await everythingArrives()
        #expect(delivered > 0 && centre.repeated >= delivered)
        #expect(try Self.count("", in: edge, table: "refused") == 0)
    }

    func end() async {
        #expect(await gateway.stop(within: .seconds(60)).isSuccess)
        devices.close()
        centre.close()
        await central.stop()
    }

    /// After a failure: either may be stopped, and would not hear of anything milder.
    func abandon() async {
        gateway.signal(SIGKILL)
        central.process.signal(SIGCONT)
        devices.close()
        centre.close()
        await central.stop()
    }

    /// What was under way is in the dead broker's socket, or in ours.
    private func brokerDiesBeforeItReads() async throws {
        central.process.signal(SIGSTOP)
        try await publishRound()
        try await handedOut()
        try await restart { [gateway] in
            gateway.signal(SIGSTOP)
        } resume: { [gateway] in
            gateway.signal(SIGCONT)
        }
    }

    /// Everything has arrived and nothing is confirmed: it comes again, by the same numbers.
    private func brokerAndGatewayDieBeforeTheAcknowledgementsAreRead() async throws {
        let before = centre.values.count
        central.process.signal(SIGSTOP)
        try await publishRound()
        try await handedOut()
        gateway.signal(SIGSTOP)
        central.process.signal(SIGCONT)
        // As many as were in the socket by then: all of them, or the most.
        try await eventually { [self] in centre.values.count > before }
        var count = 0
        while count < centre.values.count {
            count = centre.values.count
            await EventLoop.sleep(for: .milliseconds(500))
        }
        delivered = count - before
        try await restart { [gateway] in
            gateway.signal(SIGKILL)
            _ = await gateway.exitStatus(within: .seconds(60))
        } resume: { [self] in
            gateway = try edge.start()
        }
    }

    /// A broker without persistence confirms what nobody has subscribed to, so the subscriber is back before the gateway.
    private func restart(
        _ stopGateway: @IOThread () async throws -> Void, resume: @IOThread () throws -> Void
    ) async throws {
        let subscribed = centre.subscribed
        try await stopGateway()
        central.process.signal(SIGKILL)
        _ = await central.process.exitStatus(within: .seconds(60))
        central = try await TestServers.restart(central.server)
        try await eventually { [centre] in centre.subscribed > subscribed }
        try resume()
    }

    private func publishRound() async throws {
        for _ in 0..<Self.round {
            await devices.room()
            let topic = Self.series[published % Self.series.count]
            try devices.publish(topic: topic, payload: Array("{\"value\":\(published)}".utf8))
            published += 1
        }
        await devices.allConfirmed()
    }

    /// Each has its number, and the broker has confirmed none.
    private func handedOut() async throws {
        try await eventually { [edge] in try Self.count("WHERE number > 0", in: edge) >= Self.round }
    }

    private func everythingArrives() async throws {
        try await eventually(within: .seconds(120)) { [self] in centre.values.count >= published }
        #expect(centre.values.count == published)
        for (index, topic) in Self.series.enumerated() {
            let own = centre.heard.filter { $0.topic == topic }.compactMap(Centre.value)
            #expect(own == Array(stride(from: index, to: published, by: Self.series.count)))
        }
        #expect(Set(centre.numbers).count == centre.numbers.count)
        try await eventually { [edge] in try Self.count("", in: edge) == 0 }
    }

    /// The local broker queues for a session that it knows.
    private func establishSession() async throws {
        try await eventually { [self] in
            try await devices.publishAndWait(topic: "devices/probe/status", payload: Array("online".utf8))
            return !centre.heard.isEmpty
        }
    }

    /// Read beside the process.
    private static func count(_ condition: String, in edge: EdgeProcess, table: String = "messages") throws -> Int {
        let database = try Database(path: "\(edge.directory)/spool.sqlite", access: .read)
        return Int(try database.integer("SELECT count(*) FROM \(table) \(condition)"))
    }
}
