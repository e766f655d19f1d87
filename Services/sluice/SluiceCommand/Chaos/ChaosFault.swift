import ArgumentParser

/// What chaos does to a Sluice.
enum ChaosFault: String, Codable, CaseIterable, Sendable {
    /// SIGKILL of an instance.
    case kill
    /// SIGSTOP of an instance, and SIGCONT some seconds later.
    case stop
    /// SIGTERM of an instance, which drains; its supervisor starts it again.
    case terminate
    /// SIGTERM: mosquitto saves its sessions only then and once a minute, and forgets by a SIGKILL what it confirmed.
    case restartMQTT = "restart-mqtt"
    /// SIGKILL: it comes back empty.
    case restartRedis = "restart-redis"
    /// SIGQUIT: at once, without a checkpoint; its log is replayed at the next start.
    case restartPostgreSQL = "restart-postgres"
    case scale

    /// The server that it restarts, under its name in the state of `sluice up`.
    var server: String? {
        switch self {
        case .restartMQTT: "mosquitto"
        case .restartRedis: "redis"
        case .restartPostgreSQL: "postgresql"
        case .kill, .stop, .terminate, .scale: nil
        }
    }
}

/// `kill,stop,scale`
struct ChaosFaultsOption: ExpressibleByArgument {
    let value: [ChaosFault]

    init(_ value: [ChaosFault]) {
        self.value = value
    }

    init?(argument: String) {
        let names = argument.split(separator: ",").map(String.init)
        value = names.compactMap(ChaosFault.init(rawValue:))
        guard !names.isEmpty, value.count == names.count else { return nil }
    }

    var defaultValueDescription: String { value.map(\.rawValue).joined(separator: ",") }
}
