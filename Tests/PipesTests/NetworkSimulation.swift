import Model
import Pipes
import Testing
import Wire

extension SplitMix64 {
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// One upstream and three worker instances over a network that loses, repeats, reorders and cuts, in one thread.
struct NetworkSimulation {
    struct Part: Hashable {
        var sequence: UInt64
        var partition: UInt16
    }

    /// One run of a worker process: a restart makes another.
    struct Process {
        var machine: DownstreamMachine
        var peer: PeerIdentity
        var toWorker: [PipeFrame] = []
        var toUpstream: [PipeFrame] = []
        var open: [(header: PipeFrame.BatchHeader, session: UInt64)] = []
        var isStalled = false
    }

    var random: SplitMix64
    var now = ContinuousClock.now
    var upstream = UpstreamMachine<TestItem>(
        UpstreamConfiguration(instance: "upstream-1", queueLimit: 200))
    var processes: [Process] = []
    var faults = true
    var restarts = true
    /// Acked by a worker at least once.
    var done = Set<Part>()
    /// In the order of first arrival anywhere, by partition.
    var arrivals: [UInt16: [UInt64]] = [:]
    var settled: [UInt64: Int] = [:]
    var sent: UInt64 = 0
    var complaints: [String] = []
    private var nextPeer: UInt8 = 0
    private var nextSession: UInt64 = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        for slot in 0..<3 { processes.append(start(slot)) }
    }

    private mutating func start(_ slot: Int) -> Process {
        nextPeer += 1
        nextSession += 1_000_000
        let clock = SessionClock(nextSession)
        let machine = DownstreamMachine(
            DownstreamConfiguration(stage: "s", instance: "worker-\(slot)", credit: 60), now: now,
            newSession: { clock.next() })
        return Process(machine: machine, peer: PeerIdentity([nextPeer]))
    }

    /// Greater with each call, and with each process.
    final class SessionClock {
        private var last: UInt64
        init(_ last: UInt64) { self.last = last }
        func next() -> UInt64 {
            last += 1
            return last
        }
    }

    // MARK: One step

    mutating func step(sending: Bool) {
        if sending, upstream.canAccept, random.chance(30) { sendBatch() }
        for slot in processes.indices {
            if restarts { misfortune(slot) }
            deliverToWorker(slot)
            deliverToUpstream(slot)
            settleSomething(slot)
        }
        advanceTime()
        if random.chance(10) { checkOwners() }
    }

    private mutating func sendBatch() {
        sent += 1
        let partitions = allPartitions.filter { _ in random.chance(20) }
        applyUpstream(upstream.send(TestItem(sent, partitions), now: now))
    }

    private mutating func advanceTime() {
        now += .milliseconds(Int.random(in: 5...60, using: &random))
        applyUpstream(upstream.tick(now))
        for slot in processes.indices where !processes[slot].isStalled {
            apply(processes[slot].machine.tick(now), slot)
        }
    }

    private mutating func misfortune(_ slot: Int) {
        if random.chance(1), random.chance(40) { processes[slot] = start(slot) }
        if random.chance(1) { processes[slot].isStalled.toggle() }
        if random.chance(1), random.chance(20) {
            applyUpstream(upstream.unreachable(processes[slot].peer, now: now))
        }
        if random.chance(1), random.chance(20) { apply(processes[slot].machine.drain(), slot) }
        if processes[slot].machine.state == .drained { processes[slot] = start(slot) }
    }

    private mutating func deliverToWorker(_ slot: Int) {
        guard !processes[slot].isStalled, let frame = take(slot, \.toWorker) else { return }
        apply(processes[slot].machine.receive(frame, now: now), slot)
    }

    private mutating func deliverToUpstream(_ slot: Int) {
        guard let frame = take(slot, \.toUpstream) else { return }
        applyUpstream(upstream.receive(frame, from: processes[slot].peer, now: now))
    }

    /// The oldest frame, or what a bad network makes of it.
    private mutating func take(_ slot: Int, _ queue: WritableKeyPath<Process, [PipeFrame]>) -> PipeFrame? {
        let waiting = processes[slot][keyPath: queue].count
        guard waiting > 0 else { return nil }
        guard faults, random.chance(3) else { return processes[slot][keyPath: queue].removeFirst() }
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            processes[slot][keyPath: queue].removeFirst()
            return nil
        case 1: return processes[slot][keyPath: queue][0]
        default: return processes[slot][keyPath: queue].remove(at: min(1, waiting - 1))
        }
    }

    private mutating func settleSomething(_ slot: Int) {
        guard !processes[slot].isStalled, random.chance(60),
            let index = processes[slot].open.indices.randomElement(using: &random)
        else { return }
        let (header, session) = processes[slot].open.remove(at: index)
        if faults, random.chance(5) {
            let refusal = Refusal.retry(after: .milliseconds(200), reason: "later")
            apply(processes[slot].machine.nack(header.delivery, session: session, refusal), slot)
            return
        }
        for partition in header.partitions {
            done.insert(Part(sequence: header.identity.sequence, partition: partition.rawValue))
        }
        apply(processes[slot].machine.ack(header.delivery, session: session), slot)
    }

    // MARK: Actions and what must hold

    private mutating func apply(_ actions: [DownstreamAction], _ slot: Int) {
        for action in actions {
            switch action {
            case .send(let frame): processes[slot].toUpstream.append(frame)
            case .deliver(let header, let session):
                processes[slot].open.append((header, session))
                for partition in header.partitions {
                    arrivals[partition.rawValue, default: []].append(header.identity.sequence)
                }
            case .changed: break
            }
        }
    }

    private mutating func applyUpstream(_ actions: [UpstreamAction<TestItem>]) {
        for action in actions {
            switch action {
            case .send(let peer, let frame): post(frame, to: peer)
            case .sendBatch(let peer, let frame, _, _): post(frame, to: peer)
            case .settle(let item, let outcome): check(item, outcome)
            }
        }
    }

    private mutating func post(_ frame: PipeFrame, to peer: PeerIdentity) {
        guard let slot = processes.firstIndex(where: { $0.peer == peer }) else { return }
        processes[slot].toWorker.append(frame)
    }

    private mutating func check(_ item: TestItem, _ outcome: DeliveryOutcome) {
        let sequence = item.identity.sequence
        settled[sequence, default: 0] += 1
        if outcome != .acknowledged { complaints.append("batch \(sequence) ended as \(outcome)") }
        let parts = item.partitions.map { Part(sequence: sequence, partition: $0.rawValue) }
        if !done.isSuperset(of: parts) { complaints.append("batch \(sequence) is acknowledged and was not done") }
    }

    private mutating func checkOwners() {
        var owned = Set<Partition>()
        for partition in upstream.workerStatus.flatMap(\.partitions) where !owned.insert(partition).inserted {
            complaints.append("partition \(partition.rawValue) has two owners")
        }
        if !upstream.heldByOneWorkerEach { complaints.append("a partition is in flight at two workers") }
    }
}
