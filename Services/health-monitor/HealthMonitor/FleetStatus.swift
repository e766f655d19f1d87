import FoundationEssentials
import Model
import StageRuntime

/// What `/api/status` answers.
public struct FleetStatus: Codable, Hashable, Sendable {
    public struct Throughput: Codable, Hashable, Sendable {
        /// Readings a second over the last interval.
        public var receivedPerSecond: Double?
        public var sentPerSecond: Double?
        /// Since the process started.
        public var received: Double?
        public var sent: Double?
        public var discarded: Double?
        public var errors: Double?
        public var inFlight: Double?
        public var spoolBytes: Double?
    }

    public struct Check: Codable, Hashable, Sendable {
        public var name: String
        public var status: String
        public var since: String
        public var detail: String
    }

    public struct Instance: Codable, Hashable, Sendable {
        public var name: String
        public var instance: String
        public var state: InstanceState
        /// ISO 8601.
        public var since: String
        /// Why it is not ready; empty when it is.
        public var detail: String
        public var url: String?
        public var pid: Int32?
        public var version: String?
        /// Seconds.
        public var uptime: Double?
        /// Seen by this monitor.
        public var restarts: Int
        public var memoryBytes: Double?
        /// Cores in use: 0.5 is half of one.
        public var cpu: Double?
        public var throughput: Throughput
        public var checks: [Check]
    }

    /// The worst of all instances, without those that have left; down when there are none.
    public var state: InstanceState
    /// When all of this was so, ISO 8601.
    public var time: String
    public var instances: [Instance]
    /// In flow order.
    public var services: [FlowPicture.Service]?
    public var links: [FlowPicture.Link]?
    public var flow: FlowPicture.Flow?
    public var ledger: LedgerSummary?
    /// From one look to the next: how soon something newer may be expected.
    public var pollSeconds: Double?

    public init(state: InstanceState, time: String, instances: [Instance]) {
        self.state = state
        self.time = time
        self.instances = instances
    }

    func json() -> String { SnakeCase.json(self) + "\n" }
}

extension FleetStatus {
    /// In the order in which readings flow, then by name.
    static let flow = [
        "edge-processor", "mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator",
        "health-monitor",
    ]

    init(_ histories: some Sequence<InstanceHistory>, at now: Timestamp) {
        let instances = histories.map(Instance.init).sorted { left, right in
            let place = { (instance: Instance) in Self.flow.firstIndex(of: instance.name) ?? Self.flow.count }
            return (place(left), left.name, left.instance) < (place(right), right.name, right.instance)
        }
        let worst = instances.map(\.state).filter { $0 != .left }.max { $0.severity < $1.severity }
        self.init(state: worst ?? .down, time: now.iso8601, instances: instances)
        let picture = FlowPicture(Array(histories))
        (services, links, flow) = (picture.services, picture.links, picture.flow)
    }
}

extension FleetStatus.Instance {
    init(_ history: InstanceHistory) {
        let report = history.report
        let record = history.sighting.record
        let figures = history.figures
        self.init(
            name: record?.name ?? report?.service ?? "unknown",
            instance: record?.instance ?? report?.instance ?? history.sighting.key, state: history.state,
            since: history.since.iso8601, detail: history.detail,
            url: history.sighting.address.map { "\($0)" }, pid: record?.pid,
            version: report?.version ?? record?.version, uptime: report?.uptime, restarts: history.restarts,
            memoryBytes: figures.memoryBytes, cpu: history.rates.cpu,
            throughput: FleetStatus.Throughput(
                receivedPerSecond: history.rates.received, sentPerSecond: history.rates.sent,
                received: figures.received, sent: figures.sent, discarded: figures.discarded, errors: figures.errors,
                inFlight: figures.inFlight, spoolBytes: figures.spoolBytes),
            checks: (report?.checks ?? []).map {
                FleetStatus.Check(name: $0.name, status: $0.status, since: $0.since, detail: $0.detail)
            })
    }
}
