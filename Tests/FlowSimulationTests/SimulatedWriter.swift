import Model
import Pipes
import Wire

/// PostgreSQL: one transaction after the other, each whole or not at all.
final class SimulatedDatabase {
    struct Part: Hashable {
        var identity: BatchIdentity
        var partition: Partition
    }

    private let world: SimulatedWorld
    private let contents: (BatchIdentity, Partition) -> [Int]
    private var deliveries = Set<Part>()
    private var lowWater: [String: UInt64] = [:]
    /// How often each message was stored.
    private(set) var stored: [Int: Int] = [:]

    init(_ world: SimulatedWorld, contents: @escaping (BatchIdentity, Partition) -> [Int]) {
        self.world = world
        self.contents = contents
    }

    func store(_ parts: [Part]) {
        for part in parts {
            guard part.identity.sequence >= lowWater[part.identity.producer, default: 0] else { continue }
            let isNew = deliveries.insert(part).inserted
            guard isNew || world.sabotage == .storesRepetitions else { continue }
            for message in contents(part.identity, part.partition) { stored[message, default: 0] += 1 }
        }
    }

    /// What is below needs no row any more: everybody upstream is done with it.
    func raise(_ marks: [String: UInt64]) {
        for (producer, mark) in marks where mark > lowWater[producer, default: 0] {
            lowWater[producer] = mark
            deliveries = deliveries.filter { $0.identity.producer != producer || $0.identity.sequence >= mark }
        }
    }
}

/// storage-writer: transactions of several parts, acked when they are committed.
final class SimulatedWriter: SimulatedStage {
    private let database: SimulatedDatabase
    private var waiting: [FlowDelivery] = []
    private var marks: [String: UInt64] = [:]
    private var isBusy = false

    init(_ name: String, _ database: SimulatedDatabase, in world: SimulatedWorld) {
        self.database = database
        super.init(name, in: world)
    }

    override func lose() {
        super.lose()
        (waiting, marks, isBusy) = ([], [:], false)
    }

    override var isIdle: Bool { super.isIdle && waiting.isEmpty && !isBusy }

    override func take(_ delivery: FlowDelivery) {
        waiting.append(delivery)
        let identity = delivery.header.identity
        marks[identity.producer] = max(marks[identity.producer, default: 0], delivery.header.lowWater)
    }

    override func turn() {
        super.turn()
        guard turns, !isBusy else { return }
        if world.chance(perMille: 20) { return keepHouse() }
        guard !waiting.isEmpty else { return }
        let group = Array(waiting.prefix(8))
        waiting.removeFirst(group.count)
        isBusy = true
        if world.sabotage == .acksBeforeCommit { group.forEach { $0.ack() } }
        commit(group)
    }

    /// The transaction happens or not, and its answer arrives or not: without one it is tried again as a whole.
    private func commit(_ group: [FlowDelivery]) {
        let parts = group.flatMap { delivery in
            delivery.header.partitions.map { SimulatedDatabase.Part(identity: delivery.header.identity, partition: $0) }
        }
        let happens = !world.hasFaults || !world.chance(perMille: 30)
        let answers = happens && (!world.hasFaults || !world.chance(perMille: 30))
        later(at: world.now + world.duration(2...60)) { [self] in
            let commits = world.now + world.duration(0...10)
            // Also when the writer dies meanwhile: COMMIT was on its way.
            if happens { world.at(commits) { [database] in database.store(parts) } }
            later(at: commits + world.duration(1...20)) { [self] in
                guard answers else { return commit(group) }
                group.forEach { $0.ack() }
                isBusy = false
            }
        }
    }

    private func keepHouse() {
        let marks = marks
        world.after(world.duration(1...30)) { [database] in database.raise(marks) }
    }
}
