/// What one `sluice up` is to run.
struct UpPlan: Sendable {
    var directory: DataDirectory
    /// Given to every service; their defaults apply without one.
    var configuration: String?
    var base: PortPlan.Base = .automatic
    var instances: [ServiceInstance] = ServiceInstance.all(scale: [:])
    /// Devices to simulate; none when zero.
    var simulatedDevices = 0
    var externalMQTT: ExternalAddress?
    var externalPostgreSQL: ExternalAddress?
    var externalRedis: ExternalAddress?
    var services = ServiceFolder.besideThisCommand
    /// How long all services together may take to become ready.
    var startLimit: Duration = .seconds(120)
    /// How long one service may take to drain before it is killed.
    var drainLimit: Duration = .seconds(45)
}
