import Foundation
import Processes

/// What `sluice status` shows; its JSON is an interface for scripts.
struct StatusReport: Encodable, Sendable {
    struct Service: Encodable, Sendable {
        var name: String
        var instance: String
        /// Of the latest process; check `state` before use.
        var pid: Int32?
        var state: InstanceState
        var restarts: Int
        var url: String
    }

    var services: [Service]
    var infrastructure: Infrastructure
    var dashboard: String
    /// For people, with its scheme and without its password.
    private let brokerURL: String

    private enum CodingKeys: CodingKey {
        case services, infrastructure, dashboard
    }

    /// Asks every instance, all at once.
    init(_ state: SupervisorState) async {
        let indexed = await withTaskGroup { group in
            for (index, process) in state.services.enumerated() {
                group.addTask { (index, await InstanceState.now(of: process)) }
            }
            return await group.reduce(into: [Int: InstanceState]()) { $0[$1.0] = $1.1 }
        }
        let supervised = state.supervisor.isAlive
        services = state.services.enumerated().map { index, process in
            let now = indexed[index] ?? .stopped
            // Nobody is left to start it again.
            let orphaned = !supervised && now == .restarting
            return Service(
                name: process.name, instance: process.instance, pid: process.process?.pid,
                state: orphaned ? .stopped : now, restarts: process.restarts, url: process.url ?? "")
        }
        infrastructure = state.infrastructure
        infrastructure.postgres.url = ExternalAddress.redacted(infrastructure.postgres.url)
        infrastructure.redis.url = ExternalAddress.redacted(infrastructure.redis.url)
        dashboard = state.dashboard
        brokerURL = ExternalAddress.redacted(state.brokerURL)
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String {
        let header = ["INSTANCE", "STATE", "PID", "RESTARTS", "URL"]
        let rows = services.map { service in
            [
                service.instance, service.state.rawValue, service.pid.map(String.init) ?? "-", "\(service.restarts)",
                service.url,
            ]
        }
        let places = [
            "dashboard   \(dashboard)",
            "MQTT        \(brokerURL)",
            "PostgreSQL  \(infrastructure.postgres.url)",
            "Redis       \(infrastructure.redis.url)",
        ]
        return (TextTable.lines(header, rows) + [""] + places).joined(separator: "\n")
    }
}
