import StageRuntime

/// Where an instance answers, and what its record says of it.
struct Sighting: Hashable, Sendable {
    /// The instance's name if it has a record, `host:port` otherwise.
    var key: String
    var host: String
    var port: Int
    var record: InstanceRecord?

    var url: String { host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)" }
}

/// Finds all instances: records of this machine, and configured names with every address they resolve to.
actor InstanceDiscovery {
    private let directory: InstanceDirectory?
    private let targets: [HealthMonitorConfiguration.Target]
    private let resolve: @Sendable (String) async -> [String]
    private var resolved: [HealthMonitorConfiguration.Target: [String]] = [:]
    private var resolvedAt: ContinuousClock.Instant?

    init(
        directory: InstanceDirectory?, targets: [HealthMonitorConfiguration.Target],
        resolve: @escaping @Sendable (String) async -> [String] = HostAddresses.resolve
    ) {
        self.directory = directory
        self.targets = targets
        self.resolve = resolve
    }

    /// Who is there now. An instance with a record is not listed again under its address.
    func sightings(at now: ContinuousClock.Instant) async -> [Sighting] {
        let recorded = (directory?.records() ?? []).compactMap(sighting)
        let known = Set(recorded.map { "\($0.host):\($0.port)" })
        let configured = await configured(at: now).filter { !known.contains("\($0.host):\($0.port)") }
        return recorded + configured
    }

    /// A record without a URL is one of a process that does not listen yet.
    private func sighting(_ record: InstanceRecord) -> Sighting? {
        let target = record.url.flatMap(HealthMonitorConfiguration.target)
        return Sighting(key: record.instance, host: target?.host ?? "", port: target?.port ?? 0, record: record)
    }

    /// Names are looked up every few seconds, since replicas come and go behind them.
    private func configured(at now: ContinuousClock.Instant) async -> [Sighting] {
        if resolvedAt.map({ now - $0 >= .seconds(5) }) ?? true {
            resolvedAt = now
            for target in targets {
                let addresses = await resolve(target.host)
                // A name that cannot be looked up just now keeps its addresses: they go on being asked,
                // and are seen as down.
                if !addresses.isEmpty { resolved[target] = addresses }
            }
        }
        return targets.flatMap { target in
            (resolved[target] ?? [target.host]).map {
                Sighting(key: "\($0):\(target.port)", host: $0, port: target.port)
            }
        }
    }
}
