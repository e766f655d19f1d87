import Model
import Pipes
import Wire

@testable import AnomalyDetector

/// anomaly-detector: the real decisions about leases, with modelled memory and waits.
///
/// The order of its steps is that of ``DetectionStep``, ``PartitionLeases`` and ``Checkpoints``.
final class SimulatedDetector: SimulatedStage {
    private struct Memory {
        var state = SimulatedState()
        var revision: Int64?
        var isDirty = false
        /// When it was loaded.
        var loaded = 0
    }

    /// Who learnt last of a partition, and when.
    final class Learners {
        var last: [Partition: (name: String, run: Int, number: Int)] = [:]
    }

    private let redis: SimulatedRedis
    private let contents: (BatchIdentity, Partition) -> [Int]
    private var connection: SimulatedRedisConnection?
    private var leases = LeaseMachine(lease: SimulatedRedis.lease, margin: SimulatedRedis.margin)
    private var memory: [Partition: Memory] = [:]
    private var queue: [FlowDelivery] = []
    private var isWorking = false
    private var isUnasked = false
    private var isAsking = false
    private var savings: [() -> Void] = []
    private var isSaving = false
    /// For the checks: another may not learn meanwhile, and nobody goes on from what another has gone past.
    var others: [SimulatedDetector] = []
    private let learners: Learners

    init(
        _ name: String, _ redis: SimulatedRedis, _ learners: Learners, in world: SimulatedWorld,
        contents: @escaping (BatchIdentity, Partition) -> [Int]
    ) {
        self.redis = redis
        self.learners = learners
        self.contents = contents
        super.init(name, in: world)
        connection = SimulatedRedisConnection(redis, self)
    }

    override func lose() {
        super.lose()
        connection = SimulatedRedisConnection(redis, self)
        leases = LeaseMachine(lease: SimulatedRedis.lease, margin: SimulatedRedis.margin)
        (memory, queue, savings) = ([:], [], [])
        (isWorking, isUnasked, isAsking, isSaving) = (false, false, false, false)
    }

    override var isIdle: Bool { super.isIdle && queue.isEmpty && !isWorking }

    override func take(_ delivery: FlowDelivery) { queue.append(delivery) }

    override func turn() {
        super.turn()
        guard turns else { return }
        if !isAsking, world.chance(perMille: 125) { renew() }
        if world.chance(perMille: 20) { checkpoint() }
        if !isWorking, !queue.isEmpty {
            isWorking = true
            tryPin()
        }
    }

    private var partitions: [Partition] { queue[0].header.partitions.sorted() }

    // MARK: Pinning

    private func tryPin() {
        isUnasked = false
        if world.sabotage == .learnsWithoutLease || leases.pin(partitions, at: world.now) { return pinned() }
        guard connection?.isConnected == true else { return goOnUnasked() }
        ask { [self] answered in
            guard answered else { return goOnUnasked() }
            if leases.pin(partitions, at: world.now) { return pinned() }
            handOver(leases.takeOutdated(at: world.now)) { [self] _ in
                let rest: Duration = leases.mustWait(at: world.now) ? .milliseconds(20) : .zero
                later(at: world.now + rest) { [self] in tryPin() }
            }
        }
    }

    private func goOnUnasked() {
        isUnasked = true
        pinned()
    }

    private func pinned() {
        leases.stopWaiting()
        load()
    }

    private func ask(_ done: @escaping (Bool) -> Void) {
        let asked = world.now
        let question = leases.question(at: asked)
        guard !question.isEmpty else { return done(true) }
        connection?.call({ [name] in $0.claim(question, by: name) }) { [self] answers in
            if let answers { leases.take(answers, asked: asked) }
            done(answers != nil)
        }
    }

    private func renew() {
        guard connection?.isConnected == true, leases.hasBusiness else { return }
        isAsking = true
        ask { [self] answered in
            isAsking = false
            if answered { releaseWanted() }
        }
    }

    // MARK: Learning

    private func load() {
        let partitions = partitions
        let new = partitions.filter { memory[$0] == nil }
        if new.isEmpty { return learn() }
        for partition in new { memory[partition] = Memory(loaded: world.number()) }
        connection?.call({ redis in new.map { redis.load($0) } }) { [self] found in
            for (place, partition) in new.enumerated() {
                guard let found else { continue }
                memory[partition] = Memory(
                    state: found[place]?.state ?? SimulatedState(), revision: found[place]?.revision ?? 0,
                    loaded: world.number())
            }
            let holds = world.sabotage == .learnsWithoutLease || leases.stillHolds(partitions, at: world.now)
            if isUnasked || holds { learn() } else { tryPin() }
        }
    }

    private func learn() {
        let delivery = queue.removeFirst()
        for partition in delivery.header.partitions { learn(partition, delivery.header.identity) }
        leases.unpin()
        releaseWanted()
        sendOn(delivery)
        isWorking = false
    }

    private func learn(_ partition: Partition, _ identity: BatchIdentity) {
        if !world.redisFails { checkOwner(of: partition) }
        let last = memory[partition]?.state.applied[identity.producer] ?? 0
        guard identity.sequence > last || world.sabotage == .learnsRepetitions else { return }
        let messages = contents(identity, partition)
        if messages.contains(where: { memory[partition]?.state.messages.contains($0) == true }) {
            world.complain("\(name) learns twice from batch \(identity.sequence) of \(identity.producer)")
        }
        memory[partition]?.state.applied[identity.producer] = max(last, identity.sequence)
        memory[partition]?.state.readings += messages.count
        memory[partition]?.state.messages.formUnion(messages)
        memory[partition]?.isDirty = true
    }

    private func checkOwner(of partition: Partition) {
        for other in others where other !== self && other.isAlive && other.leases.holds(partition, at: world.now) {
            world.complain("\(name) learns from partition \(partition.rawValue), which \(other.name) holds")
        }
        if let last = learners.last[partition], last.name != name, last.number > memory[partition]?.loaded ?? 0,
            others.contains(where: { $0.name == last.name && $0.run == last.run })
        {
            world.complain("\(name) goes on from a state of \(partition.rawValue) that \(last.name) has gone past")
        }
        learners.last[partition] = (name, run, world.number())
    }

    // MARK: Giving back and saving

    private func releaseWanted() {
        let due = leases.beginRelease()
        if !due.isEmpty { release(due) {} }
    }

    private func release(_ partitions: [Partition], _ done: @escaping () -> Void) {
        handOver(partitions) { [self] saved in
            leases.handedOver(saved)
            guard !saved.isEmpty else {
                leases.endRelease(partitions)
                return done()
            }
            connection?.call({ [name] in $0.release(saved, by: name) }) { [self] _ in
                leases.endRelease(partitions)
                done()
            }
        }
    }

    /// One after the other; `done` gets those that were saved and forgotten.
    private func handOver(_ partitions: [Partition], _ done: @escaping ([Partition]) -> Void) {
        var rest = partitions
        guard let partition = rest.popLast() else { return done([]) }
        handOver(partition) { [self] isSaved in
            handOver(rest) { done($0 + (isSaved ? [partition] : [])) }
        }
    }

    private func handOver(_ partition: Partition, _ done: @escaping (Bool) -> Void) {
        guard memory[partition] != nil else { return done(true) }
        alone { [self] next in
            save([partition]) { [self] in
                let isSaved = memory[partition]?.isDirty != true
                if isSaved { memory[partition] = nil }
                next()
                done(isSaved)
            }
        }
    }

    private func checkpoint() {
        guard !isSaving else { return }
        alone { [self] next in save(memory.keys.sorted(), next) }
    }

    /// One saving at a time.
    private func alone(_ work: @escaping (@escaping () -> Void) -> Void) {
        savings.append { [self] in
            work { [self] in
                isSaving = false
                saveNext()
            }
        }
        saveNext()
    }

    private func saveNext() {
        guard !isSaving, !savings.isEmpty else { return }
        isSaving = true
        savings.removeFirst()()
    }

    private func save(_ partitions: [Partition], _ done: @escaping () -> Void) {
        var rest = partitions
        guard let partition = rest.popLast() else { return done() }
        guard let saving = memory[partition], saving.isDirty, connection?.isConnected == true else {
            return save(rest, done)
        }
        memory[partition]?.isDirty = false
        connection?.call({ $0.save(partition, saving.state, from: saving.revision) }) { [self] saved in
            switch saved {
            case .saved(let revision): memory[partition]?.revision = revision
            case .newer(let state, let revision):
                memory[partition] = Memory(state: state, revision: revision, loaded: world.number())
            case nil: memory[partition]?.isDirty = true
            }
            save(rest, done)
        }
    }
}
