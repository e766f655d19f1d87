/// What one `sluice up` is to run.
struct UpPlan: Sendable {
    var directory: DataDirectory
    /// Given to every service; their defaults apply without one.
    var configuration: String?
    var base: PortPlan.Base = .automatic
    var instances: [ServiceInstance] = ServiceInstance.all(scale: [:])
    /// What the numbers of instances are to be when all are ready.
    var scale = ScaleRequest(counts: [:])
    /// Devices to simulate; none when zero.
    var simulatedDevices = 0
    var externalMQTT: ExternalAddress?
    var externalPostgreSQL: ExternalAddress?
    var externalRedis: ExternalAddress?
    /// With the operators' token for all services; nil where the settings have one.
    var operatorTokenFile: String?
    var services = ServiceFolder.besideThisCommand
    /// How long all services together may take to become ready.
    var startLimit: Duration = .seconds(120)
    /// How long one service may take to drain before it is killed.
    var drainLimit: Duration = .seconds(45)

    /// Goes on with the numbers of last time where none is asked for.
    ///
    /// An mqtt-ingest that is not wanted any more runs at first: the broker still routes messages to its session, and
    /// only it can take them and end that.
    ///
    /// - Throws: the error of the file system.
    mutating func continueScale(counts: [String: Int]) throws {
        let earlier = try ScaleRequest.read(from: directory)
        scale = ScaleRequest(counts: counts).merged(over: earlier)
        try scale.write(to: directory)
        var first = scale.counts
        let ingest = ServiceKind.ingest.name
        if let before = earlier?.counts[ingest] { first[ingest] = max(before, first[ingest] ?? 1) }
        instances = ServiceInstance.all(scale: first)
    }
}
