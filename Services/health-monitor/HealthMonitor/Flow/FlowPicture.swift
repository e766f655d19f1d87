import Observability
import StageRuntime

/// What flows through the services, instances of one taken together.
public struct FlowPicture: Sendable {
    /// Sums over the instances that answer; of `utilization` and `p99_seconds` the greatest and the whole.
    public struct Service: Codable, Hashable, Sendable {
        public var name: String
        public var state: InstanceState
        /// Without those that have left.
        public var instances: Int
        public var receivedPerSecond: Double?
        public var sentPerSecond: Double?
        public var inFlight: Double?
        /// Of the busiest instance, 0 to 1.
        public var utilization: Double?
        public var discarded: Double?
        public var errors: Double?
        public var redelivered: Double?
        public var dead: Double?
        /// Cores in use.
        public var cpu: Double?
        public var memoryBytes: Double?
        /// Of the work on a reading, over the last ten looks.
        public var p99Seconds: Double?
    }

    /// The pipes between the instances of two services.
    public struct Link: Codable, Hashable, Sendable {
        public var from: String
        public var to: String
        public var readingsPerSecond: Double?
        public var inFlight: Double?
        /// What the service upstream may still send.
        public var credit: Double?
        /// From sending a reading on to its acknowledgement, over the last ten looks.
        public var p99Seconds: Double?
        /// For how long the service downstream has held its oldest batch, of the slowest pipe.
        public var lagSeconds: Double?
        /// Readings that wait in the spools of the service upstream.
        public var depth: Double?
    }

    public struct Flow: Codable, Hashable, Sendable {
        public var receivedPerSecond: Double?
        public var storedPerSecond: Double?
        /// From the arrival of a reading until it is stored, over the last ten looks.
        public var e2eP50Seconds: Double?
        public var e2eP99Seconds: Double?
        public var spoolReadings: Double?
        /// The service that holds up the others.
        public var bottleneck: String?
        /// What there is to say of it.
        public var sentence: String
    }

    /// In flow order: all of the path, present or not, and of those beside it the ones that are there.
    let services: [Service]
    let links: [Link]
    let flow: Flow

    init(_ histories: [InstanceHistory]) {
        let present = histories.filter { $0.state != .left }
        let byService = Dictionary(grouping: present, by: \.serviceName)
        let path = PipelineReadiness.path
        let names = FleetStatus.flow.filter { path.contains($0) || byService[$0] != nil }
        let services = names.map { Service($0, byService[$0] ?? []) }
        let links = path.flatMap { Self.links(to: $0, byService) }
        self.services = services
        self.links = links
        let idle = path.filter { name in
            !(byService[name] ?? []).contains { $0.state == .ready || $0.state == .degraded }
        }
        let stages = services.filter { path.contains($0.name) }
        flow = Flow(present, Bottleneck(stages, links, idle: Set(idle)))
    }

    private static func links(to service: String, _ byService: [String: [InstanceHistory]]) -> [Link] {
        let downstream = byService[service] ?? []
        let owners = Dictionary(
            byService.values.joined().map { ($0.instanceName, $0.serviceName) }, uniquingKeysWith: { first, _ in first }
        )
        var upstreams = Set(downstream.flatMap { $0.figures.links.keys.compactMap { owners[$0] } })
        // There is a way between neighbours, whether or not anything runs at its ends.
        upstreams.formUnion(
            zip(PipelineReadiness.path, PipelineReadiness.path.dropFirst()).filter { $1 == service }.map(\.0))
        return PipelineReadiness.path.filter(upstreams.contains).map { from in
            let mine = downstream.flatMap { history in
                history.figures.links.keys.filter { owners[$0] == from }.map { (history, $0) }
            }
            return Link(from, to: service, mine, upstream: byService[from] ?? [])
        }
    }
}

extension FlowPicture.Service {
    init(_ name: String, _ histories: [InstanceHistory]) {
        let figures = histories.map(\.figures)
        let worst = histories.map(\.state).max { $0.severity < $1.severity }
        let latency = histories.map(\.stageLatency).recent
        self.init(
            name: name, state: worst ?? .down, instances: histories.count,
            receivedPerSecond: sum(histories, \.rates.received), sentPerSecond: sum(histories, \.rates.sent),
            inFlight: sum(figures, \.inFlight), utilization: figures.compactMap(\.utilization).max(),
            discarded: sum(figures, \.discarded), errors: sum(figures, \.errors),
            redelivered: sum(figures, \.redelivered), dead: sum(figures, \.dead), cpu: sum(histories, \.rates.cpu),
            memoryBytes: sum(figures, \.memoryBytes), p99Seconds: latency?.quantile(0.99))
    }
}

extension FlowPicture.Link {
    fileprivate init(
        _ from: String, to: String, _ pipes: [(history: InstanceHistory, upstream: String)],
        upstream: [InstanceHistory]
    ) {
        let latency = upstream.map(\.downstreamLatency).recent
        // Of a version that does not tell it link by link.
        let credit = sum(pipes) { $0.history.figures.links[$0.upstream]?.credit } ?? sum(upstream, \.figures.credit)
        self.init(
            from: from, to: to, readingsPerSecond: sum(pipes) { $0.history.rates.links[$0.upstream] },
            inFlight: sum(pipes) { $0.history.figures.links[$0.upstream]?.inFlight },
            credit: credit, p99Seconds: latency?.quantile(0.99),
            lagSeconds: pipes.compactMap { $0.history.figures.links[$0.upstream]?.oldestSeconds }.max(),
            depth: sum(upstream, \.figures.spoolReadings))
    }
}

extension FlowPicture.Flow {
    fileprivate init(_ histories: [InstanceHistory], _ bottleneck: Bottleneck) {
        let writers = histories.filter { $0.serviceName == "storage-writer" }
        // Until it is stored: the aggregator counts on, to the rollups.
        let latency = writers.map(\.endToEnd).recent
        let ingests = histories.filter { $0.serviceName == "mqtt-ingest" }
        self.init(
            receivedPerSecond: sum(ingests, \.rates.received), storedPerSecond: sum(writers, \.rates.sent),
            e2eP50Seconds: latency?.quantile(0.5), e2eP99Seconds: latency?.quantile(0.99),
            spoolReadings: sum(ingests, \.figures.spoolReadings), bottleneck: bottleneck.service,
            sentence: bottleneck.sentence)
    }
}

extension InstanceHistory {
    var serviceName: String { sighting.record?.name ?? report?.service ?? "unknown" }
    var instanceName: String { sighting.record?.instance ?? report?.instance ?? sighting.key }
}

/// Nil when none knows it.
private func sum<Element>(_ elements: [Element], _ figure: (Element) -> Double?) -> Double? {
    let known = elements.compactMap(figure)
    return known.isEmpty ? nil : known.reduce(0, +)
}
