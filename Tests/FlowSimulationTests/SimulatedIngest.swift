import Model
import Pipes

/// A broker with a persistent session for one mqtt-ingest: what is not acknowledged comes again after a reconnect.
struct SimulatedSession {
    var queued: [Int] = []
    var unacknowledged: [Int] = []

    mutating func next() -> Int? {
        guard !queued.isEmpty else { return nil }
        unacknowledged.append(queued.removeFirst())
        return unacknowledged.last
    }

    mutating func reconnect() {
        queued = unacknowledged + queued
        unacknowledged = []
    }
}

/// mqtt-ingest with its spool, which outlives it.
final class SimulatedIngest: SimulatedStage {
    var session = SimulatedSession()
    /// What is in each batch that was ever spooled: messages by partition.
    private(set) var batches: [UInt64: [Partition: [Int]]] = [:]
    /// Sequences in the file.
    private var spool: [UInt64] = []
    private var lastSequence: UInt64 = 0
    private var recent = Set<Int>()
    /// Done, and not yet removed from the file.
    private var done = Set<UInt64>()
    /// The last that was given to the pipe.
    private var sent: UInt64 = 0
    private var waiting: [Int] = []
    private var isCommitting = false
    private(set) var acknowledged = Set<Int>()

    override var isIdle: Bool {
        super.isIdle && session.queued.isEmpty && session.unacknowledged.isEmpty && waiting.isEmpty
            && spool.allSatisfy(done.contains)
    }

    override func lose() {
        super.lose()
        (done, sent, waiting, isCommitting) = ([], 0, [], false)
        session.reconnect()
    }

    func reconnect() {
        // What was read of the old connection is acknowledged on no other.
        waiting = []
        session.reconnect()
    }

    override func turn() {
        super.turn()
        guard turns else { return }
        while waiting.count < 6, let message = session.next() { waiting.append(message) }
        if !waiting.isEmpty, !isCommitting { beginCommit() }
        removeDone()
        while outbound.canAccept, let next = spool.first(where: { $0 > sent }) { send(next) }
    }

    /// Read until nothing is left, commit, acknowledge: and any of these may be the last that it does.
    private func beginCommit() {
        isCommitting = true
        let messages = waiting
        waiting = []
        if world.sabotage == .acknowledgesBeforeSpooling { acknowledge(messages) }
        later(at: world.now + world.duration(1...70)) { [self] in
            commit(messages)
            later(at: world.now + world.duration(0...40)) { [self] in
                acknowledge(messages)
                isCommitting = false
            }
        }
    }

    private func commit(_ messages: [Int]) {
        var new: [Partition: [Int]] = [:]
        for message in messages where world.sabotage == .forgetsMessages || !recent.contains(message) {
            new[FlowSimulation.partition(of: message), default: []].append(message)
        }
        recent.formUnion(messages)
        guard !new.isEmpty else { return }
        lastSequence += 1
        batches[lastSequence] = new
        spool.append(lastSequence)
    }

    private func acknowledge(_ messages: [Int]) {
        for message in messages {
            // A new connection knows nothing of what the old one had open.
            guard let place = session.unacknowledged.firstIndex(of: message) else { continue }
            session.unacknowledged.remove(at: place)
            acknowledged.insert(message)
        }
    }

    private func removeDone() {
        guard !done.isEmpty, world.chance(perMille: 200) else { return }
        spool.removeAll(where: done.contains)
        done = []
    }

    private func send(_ sequence: UInt64) {
        sent = sequence
        var lowWater = spool.first { !done.contains($0) } ?? lastSequence + 1
        if world.sabotage == .raisesLowWaterTooSoon { lowWater = sequence }
        send(
            FlowItem(
                identity: BatchIdentity(producer: name, sequence: sequence), lowWater: lowWater,
                partitions: batches[sequence, default: [:]].keys.sorted()))
    }

    override func settled(_ item: FlowItem) { done.insert(item.identity.sequence) }
}

/// The preprocessor: what comes goes on.
final class SimulatedPreprocessor: SimulatedStage {
    override func take(_ delivery: FlowDelivery) { sendOn(delivery) }
}
