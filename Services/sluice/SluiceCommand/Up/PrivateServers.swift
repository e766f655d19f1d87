import LocalServers

/// The servers that this `sluice up` runs itself, and the addresses of all.
struct PrivateServers: Sendable {
    let servers: [any LocalServer]
    /// With user and password, where the broker is external.
    let brokerURL: String
    let infrastructure: Infrastructure

    static func names(_ plan: UpPlan) -> [String] {
        var names: [String] = []
        if plan.externalMQTT == nil { names.append("mosquitto") }
        if plan.externalPostgreSQL == nil { names.append("postgresql") }
        if plan.externalRedis == nil { names.append("redis") }
        return names
    }

    /// - Throws: ``LocalServerError`` naming the package of a server that is not installed.
    init(_ plan: UpPlan, ports: [String: UInt16]) async throws {
        let folder = plan.directory.path
        var servers: [any LocalServer] = []
        var mqtt = plan.externalMQTT?.broker ?? Infrastructure.Broker(host: "", port: 0)
        if let port = ports["mosquitto"] {
            servers.append(try MosquittoServer(directory: "\(folder)/mosquitto", port: port))
            mqtt = Infrastructure.Broker(host: "127.0.0.1", port: Int(port))
        }
        var redis = Infrastructure.Store(url: plan.externalRedis?.url ?? "")
        if let port = ports["redis"] {
            let server = try RedisServer(directory: "\(folder)/redis", port: port)
            servers.append(server)
            redis = Infrastructure.Store(url: server.url)
        }
        var postgres = Infrastructure.Store(url: plan.externalPostgreSQL?.url ?? "")
        if let port = ports["postgresql"] {
            let location = try await PostgreSQLLocation(parent: folder).directory()
            let server = try PostgreSQLServer(directory: location, port: port)
            servers.append(server)
            postgres = Infrastructure.Store(url: server.url)
        }
        self.servers = servers
        brokerURL = plan.externalMQTT?.url ?? "mqtt://\(mqtt.host):\(mqtt.port)"
        infrastructure = Infrastructure(mqtt: mqtt, postgres: postgres, redis: redis)
    }
}
