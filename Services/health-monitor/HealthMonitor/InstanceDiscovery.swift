import HTTPEndpoints
import StageRuntime

/// Where an instance answers, and what its record says of it.
struct Sighting: Hashable, Sendable {
    /// The instance's name if it has a record, `host:port` otherwise.
    var key: String
    /// Nil while it does not listen.
    var address: HTTPAddress?
    var record: InstanceRecord?
}

/// Finds all instances: records of this machine, and configured names with every address they resolve to.
actor InstanceDiscovery {
    private let directory: InstanceDirectory?
    private let targets: [HTTPAddress]
    private let resolve: @Sendable (String) async -> [String]
    private var resolved: [HTTPAddress: [String]] = [:]
    private var resolvedAt: ContinuousClock.Instant?

    init(
        directory: InstanceDirectory?, targets: [HTTPAddress],
        resolve: @escaping @Sendable (String) async -> [String] = HostAddresses.resolve
    ) {
        self.directory = directory
        self.targets = targets
        self.resolve = resolve
    }

    /// Who is there now. An instance with a record is not listed again under its address.
    func sightings(at now: ContinuousClock.Instant) async -> [Sighting] {
        let recorded = (directory?.records() ?? []).compactMap(sighting)
        let known = Set(recorded.compactMap { $0.address.map(\.place) })
        return recorded
            + (await configured(at: now)).filter { sighting in
                !(sighting.address.map { known.contains($0.place) } ?? false)
            }
    }

    /// A record without a URL is one of a process that does not listen yet.
    private func sighting(_ record: InstanceRecord) -> Sighting? {
        Sighting(key: record.instance, address: record.url.flatMap(HTTPAddress.init(url:)), record: record)
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
            (resolved[target] ?? [target.host]).map { host in
                // Its certificate bears the name that was looked up.
                var address = target
                address.host = host
                return Sighting(key: address.place, address: address)
            }
        }
    }
}

extension HTTPAddress {
    /// Whatever is spoken there.
    fileprivate var place: String { "\(host):\(port)" }
}
