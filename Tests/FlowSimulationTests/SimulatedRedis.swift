import Model

@testable import AnomalyDetector

/// What was learnt of a partition.
struct SimulatedState {
    var readings = 0
    /// The highest sequence of each producer.
    var applied: [String: UInt64] = [:]
    /// All that it was learnt from.
    var messages = Set<Int>()
}

/// The leases and the states in Redis, as the scripts of ``LeaseStore`` and ``StateStore`` keep them.
final class SimulatedRedis {
    private struct Record {
        var epoch: Int64
        var ends: ContinuousClock.Instant
        /// Empty when it is given back, `?` while it settles.
        var holder: String
    }

    enum Saved {
        case saved(revision: Int64)
        case newer(SimulatedState, revision: Int64)
    }

    static let lease = Duration.seconds(2)
    static let margin = Duration.milliseconds(400)

    private let world: SimulatedWorld
    private let lease: Duration
    private let settling: Duration
    private(set) var isAway = false
    private var records: [Partition: Record] = [:]
    /// When it was first asked for a lease.
    private var since: ContinuousClock.Instant?
    private var wishes: [Partition: (until: ContinuousClock.Instant, who: String)] = [:]
    private var states: [Partition: (state: SimulatedState, revision: Int64)] = [:]

    init(_ world: SimulatedWorld, lease: Duration = lease, settling: Duration = .milliseconds(600)) {
        (self.world, self.lease, self.settling) = (world, lease, settling)
    }

    func fail(for time: Duration, losing: Bool) {
        isAway = true
        if losing { (records, wishes, states, since) = ([:], [:], [:], nil) }
        world.after(time) { self.isAway = false }
    }

    // MARK: Leases

    func claim(_ question: LeaseMachine.Question, by holder: String) -> [LeaseAnswer] {
        question.wanted.map { claim($0, by: holder, isWanted: true) }
            + question.kept.map { claim($0, by: holder, isWanted: false) }
    }

    private func claim(_ partition: Partition, by holder: String, isWanted: Bool) -> LeaseAnswer {
        let now = world.now
        let since = since ?? now
        self.since = since
        let record = records[partition] ?? Record(epoch: 0, ends: since + settling, holder: "?")
        records[partition] = record
        let isFree =
            record.holder.isEmpty || record.holder == holder || record.ends <= now
            || (record.holder == "?" && !isWanted)
        guard isFree else {
            if isWanted { wishes[partition] = (now + .seconds(2), holder) }
            return LeaseAnswer(
                partition: partition, isGranted: false, formerEpoch: record.epoch, epoch: record.epoch, isWanted: false,
                holder: record.holder)
        }
        let epoch = record.holder == holder ? record.epoch : record.epoch + 1
        records[partition] = Record(epoch: epoch, ends: now + lease, holder: holder)
        let isAwaited = wishes[partition].map { $0.who != holder && $0.until > now } ?? false
        if !isAwaited { wishes[partition] = nil }
        return LeaseAnswer(
            partition: partition, isGranted: true, formerEpoch: record.epoch, epoch: epoch, isWanted: isAwaited,
            holder: holder)
    }

    func release(_ partitions: [Partition], by holder: String) {
        for partition in partitions where records[partition]?.holder == holder {
            records[partition]?.holder = ""
            records[partition]?.ends = world.now
        }
    }

    // MARK: States

    func load(_ partition: Partition) -> (state: SimulatedState, revision: Int64)? { states[partition] }

    /// A state replaces only the one that it goes on from, or one that knows less.
    func save(_ partition: Partition, _ state: SimulatedState, from revision: Int64?) -> Saved {
        if let there = states[partition], there.revision != revision, there.state.readings > state.readings {
            return .newer(there.state, revision: there.revision)
        }
        let next = (states[partition]?.revision ?? 0) + 1
        states[partition] = (state, next)
        return .saved(revision: next)
    }
}

/// One connection: answers come in the order of the questions, or, when Redis is away, not at all.
final class SimulatedRedisConnection {
    private let redis: SimulatedRedis
    private let world: SimulatedWorld
    private unowned let process: SimulatedProcess
    private var lastEffect: ContinuousClock.Instant
    private var lastReply: ContinuousClock.Instant

    init(_ redis: SimulatedRedis, _ process: SimulatedProcess) {
        (self.redis, self.process, world) = (redis, process, process.world)
        (lastEffect, lastReply) = (process.world.now, process.world.now)
    }

    var isConnected: Bool { !redis.isAway }

    /// - Parameter reply: gets nil when there was no answer; what was asked for may have happened.
    func call<Answer>(_ effect: @escaping (SimulatedRedis) -> Answer, _ reply: @escaping (Answer?) -> Void) {
        lastEffect = max(lastEffect, world.now + world.duration(1...15))
        lastReply = max(lastReply, lastEffect + world.duration(1...15))
        let answer = Box<Answer>()
        world.at(lastEffect) { [redis] in
            if !redis.isAway { answer.value = effect(redis) }
        }
        process.later(at: lastReply) { [redis] in reply(redis.isAway ? nil : answer.value) }
    }

    private final class Box<Value> {
        var value: Value?
    }
}
