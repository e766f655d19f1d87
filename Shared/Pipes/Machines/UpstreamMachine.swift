public import Model
public import Wire

/// What an ``UpstreamMachine`` wants done, in this order.
public enum UpstreamAction<Item: PipeItem> {
    case send(PeerIdentity, PipeFrame)
    /// A batch header; the payload is this item's share of these partitions, the item itself when they are all of it.
    case sendBatch(PeerIdentity, PipeFrame, Item, Set<Partition>)
    case settle(Item, DeliveryOutcome)
}

/// The upstream side of a pipe: who the workers are, which partitions each has, what each holds unacked.
///
/// No input or output of its own: frames, failures and the time come in, actions go out. So a test or a simulation
/// runs it without sockets, and the same input always gives the same actions.
public struct UpstreamMachine<Item: PipeItem> {
    public typealias Action = UpstreamAction<Item>

    public let configuration: UpstreamConfiguration
    var workers: [PeerIdentity: Worker] = [:]
    var table: PartitionTable
    var queue = OutgoingQueue<Item>()
    var inFlight: [UInt64: InFlightPart] = [:]
    /// The newest session of each connection that was given up.
    var endedSessions: [PeerIdentity: UInt64] = [:]
    public internal(set) var counters = OutboundPipeCounters()
    private var stalls = StallDetector()
    private var nextDelivery: UInt64 = 1

    public init(_ configuration: UpstreamConfiguration) {
        self.configuration = configuration
        table = PartitionTable(configuration.partitions)
    }

    /// There is somebody to work, and room to wait.
    public var canAccept: Bool { hasWorkers && queue.queued < configuration.queueLimit }
    public var hasWorkers: Bool { workers.values.contains { $0.takesWork } }
    /// Nothing waits and nothing is in flight.
    public var isIdle: Bool { queue.isEmpty }

    // MARK: Batches

    /// Takes an item on: it is sent by partition as workers and credit allow, and again until each part is settled.
    /// - Precondition: the item's partitions exist in this deployment.
    public mutating func send(_ item: Item, now: ContinuousClock.Instant) -> [Action] {
        let partitions = Set(item.partitions)
        precondition(partitions.allSatisfy(table.contains), "a batch of other partitions than this deployment has")
        guard !partitions.isEmpty else { return [.settle(item, .acknowledged)] }
        _ = queue.append(item, unsent: partitions)
        return dispatch(now: now)
    }

    /// Gives the whole item to the worker with the most credit, once.
    /// - Returns: nil when nobody has any; the item is not kept then.
    public mutating func offer(_ item: Item, token: Int64?) -> [Action]? {
        let able = workers.values.filter { $0.takesWork && $0.credit > 0 }
        let best = able.max { ($0.credit, $1.instance) < ($1.credit, $0.instance) }
        guard let best else { return nil }
        let ordinal = queue.append(item, unsent: [])
        queue.sentWhole(ordinal: ordinal)
        return [deliver(item, Set(item.partitions), to: best.peer, ordinal: ordinal, redelivered: false, token: token)]
    }

    /// The transport could not encode it: no worker will ever get it.
    public mutating func fail(delivery: UInt64, reason: String, now: ContinuousClock.Instant) -> [Action] {
        guard let part = inFlight[delivery] else { return [] }
        return settle(part, refusal: reason) + dispatch(now: now)
    }

    /// Sends what waits, oldest first, to the owners of its partitions. A partition that cannot go now holds back
    /// everything of it that came later, and nothing else.
    mutating func dispatch(now: ContinuousClock.Instant) -> [Action] {
        guard queue.queued > 0, hasWorkers else { return [] }
        var actions: [Action] = []
        var blocked = Set<Partition>()
        for index in queue.waitingIndices() where !queue.entries[index].unsent.isEmpty {
            guard blocked.count < Int(configuration.partitions.rawValue) else { break }
            if let notBefore = queue.entries[index].notBefore, notBefore > now {
                blocked.formUnion(queue.entries[index].unsent)
                continue
            }
            let shares = shares(of: queue.entries[index].unsent, blocked: &blocked)
            if shares.count > 1 { queue.entries[index].item.prepare(shares.map(\.1)) }
            for (peer, partitions) in shares {
                actions.append(dispatchPart(partitions, at: index, to: peer))
            }
        }
        return actions
    }

    /// Who may have which of these partitions now; adds the others to `blocked`.
    private mutating func shares(
        of unsent: Set<Partition>, blocked: inout Set<Partition>
    ) -> [(PeerIdentity, Set<Partition>)] {
        var shares: [PeerIdentity: Set<Partition>] = [:]
        for partition in unsent.subtracting(blocked) {
            if let peer = table.claim(partition), let worker = workers[peer], worker.takesWork, worker.credit > 0 {
                shares[peer, default: []].insert(partition)
            } else {
                blocked.insert(partition)
            }
        }
        return shares.sorted { $0.key < $1.key }
    }

    private mutating func dispatchPart(_ partitions: Set<Partition>, at index: Int, to peer: PeerIdentity) -> Action {
        let entry = queue.entries[index]
        let action = deliver(
            entry.item, partitions, to: peer, ordinal: entry.ordinal, redelivered: entry.redelivered, token: nil)
        queue.sent(partitions, weight: entry.item.weight(of: partitions), at: index)
        return action
    }

    private mutating func deliver(
        _ item: Item, _ partitions: Set<Partition>, to peer: PeerIdentity, ordinal: UInt64, redelivered: Bool,
        token: Int64?
    ) -> Action {
        let weight = item.weight(of: partitions)
        let part = InFlightPart(
            delivery: nextDelivery, ordinal: ordinal, peer: peer, partitions: partitions, weight: weight)
        nextDelivery += 1
        inFlight[part.delivery] = part
        table.sent(partitions)
        workers[peer]?.credit -= weight
        workers[peer]?.inFlight += weight
        workers[peer]?.deliveries += 1
        counters.sent(weight, redelivered: redelivered)
        let header = PipeFrame.BatchHeader(
            delivery: part.delivery, identity: item.identity, lowWater: item.lowWater, partitions: partitions.sorted(),
            weight: UInt32(clamping: weight), redelivered: redelivered, token: token)
        let frame = workers[peer]?.frame(.batch(header))
        return .sendBatch(peer, frame ?? PipeFrame(session: 0, .batch(header)), item, partitions)
    }

    // MARK: Time

    /// Call several times an interval: heartbeats, deaths, and what waited for its time.
    public mutating func tick(_ now: ContinuousClock.Instant) -> [Action] {
        let stall = stalls.tick(now, expectedWithin: configuration.heartbeatInterval)
        var actions: [Action] = []
        for peer in workers.keys.sorted() {
            workers[peer]?.liveness.forgive(stall)
            actions += tick(peer, now)
        }
        return actions + dispatch(now: now)
    }

    private mutating func tick(_ peer: PeerIdentity, _ now: ContinuousClock.Instant) -> [Action] {
        guard var worker = workers[peer] else { return [] }
        if worker.liveness.isSilent(for: configuration.deadAfter, at: now) {
            counters.deaths += 1
            return remove(peer, now: now)
        }
        guard worker.liveness.mustSpeak(every: configuration.heartbeatInterval, at: now) else { return [] }
        let heartbeat = worker.frame(.heartbeat)
        workers[peer] = worker
        return [.send(peer, heartbeat)]
    }

    // MARK: Endings

    /// The transport cannot reach it: the connection is gone, or its queue is full.
    public mutating func unreachable(_ peer: PeerIdentity, now: ContinuousClock.Instant) -> [Action] {
        remove(peer, now: now)
    }

    /// Says GOODBYE to everybody and gives up whatever is open.
    public mutating func close() -> [Action] {
        let farewells = workers.values.sorted { $0.peer < $1.peer }.map { worker in
            Action.send(worker.peer, PipeFrame(session: worker.session, .goodbye(.init(.draining, "closing"))))
        }
        workers = [:]
        inFlight = [:]
        table = PartitionTable(configuration.partitions)
        return farewells + queue.removeAll().map { .settle($0.item, .abandoned) }
    }
}

extension UpstreamMachine {
    /// Whether a frame made earlier still has a reader; it has none once its worker was given up.
    public func isCurrent(_ frame: PipeFrame, for peer: PeerIdentity) -> Bool {
        workers[peer]?.session == frame.session
    }
}
