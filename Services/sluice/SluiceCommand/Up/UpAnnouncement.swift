/// Where everything is, for whoever started it.
struct UpAnnouncement {
    let plan: UpPlan
    let state: SupervisorState
    /// How it is stopped.
    let ending: String

    var text: String {
        let places = [
            ("dashboard", state.dashboard),
            ("MQTT", ExternalAddress.redacted(state.brokerURL)),
            ("PostgreSQL", ExternalAddress.redacted(state.infrastructure.postgres.url)),
            ("Redis", ExternalAddress.redacted(state.infrastructure.redis.url)),
            ("data", plan.directory.path),
            ("logs", plan.directory.logs),
        ]
        let token = state.operatorTokenFile.map { [("token", $0)] } ?? []
        let services = state.services.map { ($0.instance, $0.url ?? "") }
        let rows = places + token + services
        let width = (rows.map(\.0.displayWidth).max() ?? 0) + 2
        let lines = rows.map { name, place in "  " + name.padded(to: width) + place }
        let sensors = plan.simulatedDevices > 0 ? ["  \(plan.simulatedDevices) simulated devices are sending."] : []
        let awaited = state.awaited.map { ["  " + $0] } ?? []
        return (["Sluice is up."] + lines + sensors + awaited + [ending]).joined(separator: "\n")
    }
}
