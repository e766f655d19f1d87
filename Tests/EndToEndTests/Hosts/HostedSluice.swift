import Foundation
import LocalServers
import TestServers

/// Sluice on four hosts: `front` has the broker and mqtt-ingest, `left` and `right` a preprocessor each, `back` the stores,
/// the detector and the writer. They find each other by names alone.
final class HostedSluice: ReadingStore {
    let network: HostNetwork
    let left: HostedService
    private(set) var right: HostedService
    private var others: [HostedService] = []
    private var servers: [RunningServer] = []
    private let configuration: String

    /// Returns when all of it runs; `preprocessors` is the name of `left` alone until ``name(preprocessors:)`` says more.
    static func start() async throws -> HostedSluice {
        let network = try HostNetwork(["front", "left", "right", "back"])
        let configuration = "\(try TestDirectory.make())/sluice.yaml"
        let keys = "\(try TestDirectory.make())/keys"
        try await Shell.succeed(Shell.product("sluice"), ["keygen", "--all", "--directory", keys])
        try settings(spool: try TestDirectory.make(), keys: keys)
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        for host in network.hosts { try host.setNames(names(in: network, preprocessors: ["left"])) }
        let servers = try await servers(of: network)
        let sluice = try HostedSluice(network, configuration, servers)
        do {
            try await sluice.left.waitUntilReady()
            for service in sluice.others { try await service.waitUntilReady() }
        } catch {
            await sluice.stop()
            throw error
        }
        return sluice
    }

    private init(_ network: HostNetwork, _ configuration: String, _ servers: [RunningServer]) throws {
        self.network = network
        self.configuration = configuration
        self.servers = servers
        let front = network["front"]
        let back = network["back"]
        let ingest = try HostedService("mqtt-ingest", on: front, port: 8_001, configuration: configuration)
        left = try Self.preprocessor(1, on: network["left"], configuration)
        right = try Self.preprocessor(2, on: network["right"], configuration)
        let detector = try HostedService("anomaly-detector", on: back, port: 8_003, configuration: configuration)
        let writer = try HostedService("storage-writer", on: back, port: 8_004, configuration: configuration)
        others = [ingest, detector, writer]
    }

    private static func preprocessor(
        _ instance: Int, on host: NetworkHost, _ configuration: String
    ) throws -> HostedService {
        try HostedService("preprocessor", instance: instance, on: host, port: 8_002, configuration: configuration)
    }

    /// The services in the order of the flow, then the servers, then the network.
    func stop() async {
        for service in [others[0], left, right] + others.dropFirst() { await service.stop() }
        for server in servers { await server.stop() }
        network.remove()
    }

    func restartRight() async throws {
        await right.stop()
        right = try Self.preprocessor(2, on: network["right"], configuration)
    }

    /// What the detector's host finds under the name that it connects to.
    func name(preprocessors hosts: [String]) throws {
        try network["back"].setNames(Self.names(in: network, preprocessors: hosts))
    }

    func query(_ sql: String) async throws -> String {
        try await network["back"].succeed(
            "psql", "postgres://sluice@127.0.0.1:5432/sluice", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql)
    }

    var logTails: String { ([left, right] + others).map(\.lastLines).joined(separator: "\n") }
}

extension HostedSluice {
    private static func names(in network: HostNetwork, preprocessors hosts: [String]) -> [String: [String]] {
        let front = [network["front"].address]
        let back = [network["back"].address]
        return [
            "broker": front, "ingest": front, "store": back, "detector": back,
            "preprocessors": hosts.map { network[$0].address },
        ]
    }

    private static func settings(spool: String, keys: String) -> String {
        func curve(_ service: String) -> String { "pipes: { curve: { secret_key_file: \"\(keys)/\(service).key\" } }" }
        return """
            mqtt: { url: "mqtt://broker:1883" }
            postgres: { url: "postgres://sluice@store:5432/sluice" }
            redis: { url: "redis://store:6379" }
            pipes: { curve: { known_keys: "\(keys)/known" } }
            mqtt_ingest:
              bind: tcp://0.0.0.0:5601
              spool: { directory: "\(spool)" }
              \(curve("mqtt-ingest"))
            preprocessor:
              upstream: ["tcp://ingest:5601"]
              bind: tcp://0.0.0.0:5602
              \(curve("preprocessor"))
            anomaly_detector:
              upstream: ["tcp://preprocessors:5602"]
              bind: tcp://0.0.0.0:5603
              \(curve("anomaly-detector"))
            storage_writer:
              upstream: ["tcp://detector:5603"]
              bind: tcp://0.0.0.0:5604
              \(curve("storage-writer"))
            """
    }

    private static func servers(of network: HostNetwork) async throws -> [RunningServer] {
        let front = network["front"]
        let back = network["back"]
        let folders = try (0..<3).map { _ in "\(try TestDirectory.make())/data" }
        let broker = HostedServer(
            host: front, server: try MosquittoServer(directory: folders[0], port: 1_883),
            addition: ("mosquitto.conf", "listener 1883 \(front.address)\n"), directory: folders[0])
        let cache = HostedServer(
            host: back, server: try RedisServer(directory: folders[1], port: 6_379),
            options: ["--bind", "0.0.0.0", "--protected-mode", "no"], directory: folders[1])
        let record = HostedServer(
            host: back,
            server: try PostgreSQLServer(directory: folders[2], port: 5_432, durability: .disposable),
            options: ["-c", "listen_addresses=*"],
            addition: ("pg_hba.conf", "host all all 10.77.0.0/24 trust\n"), directory: folders[2])
        var running: [RunningServer] = []
        for server in [broker, cache, record] { running.append(try await TestServers.restart(server)) }
        return running
    }
}
