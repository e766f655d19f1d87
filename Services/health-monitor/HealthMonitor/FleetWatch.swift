import HTTPEndpoints
import Model
import StageRuntime

/// Looks at all instances, again and again, and keeps what it saw.
actor FleetWatch {
    private let discovery: InstanceDiscovery
    private let configuration: HealthMonitorConfiguration
    let metrics: HealthMonitorMetrics
    private let client: OperatorClient
    private let board: StatusBoard
    private var histories: [String: InstanceHistory] = [:]
    private var interval: Duration
    /// How the instances of the last look are asked, by URL.
    private var addresses: [String: HTTPAddress] = [:]
    private(set) var status = FleetStatus(state: .starting, time: Timestamp.now().iso8601, instances: [])

    /// - Parameter board: shows what is seen.
    init(
        _ discovery: InstanceDiscovery, _ configuration: HealthMonitorConfiguration, _ metrics: HealthMonitorMetrics,
        client: OperatorClient = OperatorClient(), board: StatusBoard = StatusBoard()
    ) {
        self.client = client
        self.board = board
        self.discovery = discovery
        self.configuration = configuration
        self.metrics = metrics
        interval = configuration.pollInterval
    }

    /// At the start looks are more frequent until readings are stored: whoever has started everything wants to see it flow.
    private static let startInterval = Duration.milliseconds(250)
    private static let longestStart = Duration.seconds(60)

    /// Until the task is cancelled.
    func run() async {
        let started = ContinuousClock.now
        interval = min(interval, Self.startInterval)
        while !Task.isCancelled {
            let now = ContinuousClock.now
            if (status.flow?.storedPerSecond ?? 0) > 0 || now - started > Self.longestStart {
                interval = configuration.pollInterval
            }
            let next = now + interval
            await look()
            // A cancelled sleep ends early, and so does the loop.
            try? await Task.sleep(until: next)
        }
    }

    /// Everyone at once: one that does not answer must not make the others look late.
    func look() async {
        let sightings = await discovery.sightings(at: .now)
        let seen = await withTaskGroup(of: (Sighting, Observation).self) { group in
            for sighting in sightings {
                group.addTask { [client, configuration] in
                    (sighting, await Self.observe(sighting, client, within: configuration.deadline))
                }
            }
            var seen: [(Sighting, Observation)] = []
            for await one in group { seen.append(one) }
            return seen
        }
        record(seen, at: .now())
    }

    private static func observe(
        _ sighting: Sighting, _ client: OperatorClient, within deadline: Duration
    ) async -> Observation {
        guard let address = sighting.address else { return Observation(.none(nil, "does not listen yet")) }
        do {
            return Observation(
                replies: try await client.get(Observation.paths, from: address, within: deadline))
        } catch {
            return Observation(.none(error.cause, error.reason))
        }
    }

    /// Nil for who is not there any more.
    func address(of instance: FleetStatus.Instance) -> HTTPAddress? { instance.url.flatMap { addresses[$0] } }

    private func record(_ seen: [(Sighting, Observation)], at now: Timestamp) {
        for (sighting, observation) in seen {
            var history = histories[sighting.key] ?? InstanceHistory(sighting, at: now)
            history.observe(observation, sighting, at: now)
            histories[sighting.key] = history
        }
        let present = Set(seen.map(\.0.key))
        for key in histories.keys where !present.contains(key) { histories[key]?.left(at: now) }
        histories = histories.filter { now.since($0.value.lastSeen) < configuration.forgetAfter }
        addresses = [:]
        for case let address? in seen.map(\.0.address) { addresses["\(address)"] = address }
        status = FleetStatus(histories.values, at: now)
        status.pollSeconds = interval.inSeconds
        metrics.take(status)
        board.take(status, at: now)
    }
}
