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

    func text(_ palette: Palette) -> String {
        let rows = services.map { service in
            [
                TextTable.Cell(service.instance), TextTable.Cell(service.state.rawValue, service.state.style),
                "\(service.pid.map(String.init) ?? "-")",
                TextTable.Cell("\(service.restarts)", service.restarts > 0 ? .warning : .plain),
                TextTable.Cell(service.url),
            ]
        }
        let table = TextTable(["INSTANCE", "STATE", .number("PID"), .number("RESTARTS"), "URL"], rows)
        let places = FieldList([
            ("dashboard", dashboard), ("MQTT", brokerURL), ("PostgreSQL", infrastructure.postgres.url),
            ("Redis", infrastructure.redis.url),
        ])
        return (table.lines(palette) + [""] + places.lines(palette)).joined(separator: "\n")
    }
}

extension InstanceState {
    var style: Style {
        switch self {
        case .ready: .good
        case .starting, .restarting, .unready: .warning
        case .silent, .failed: .bad
        case .stopped: .faint
        }
    }
}
