import Model

/// The whole way of a reading in one thread: broker sessions, two mqtt-ingest with spools, two preprocessors, three
/// detectors, two storage-writers, Redis and PostgreSQL, on virtual time.
///
/// The pipes' machines and the leases' machine are the real ones. Broker, spool, Redis and PostgreSQL are models: real
/// servers have tests of their own.
final class FlowSimulation {
    static let partitions = PartitionCount(rawValue: 4)
    static let heartbeat = Duration.milliseconds(200)
    private static let step = Duration.milliseconds(35)

    let world: SimulatedWorld
    private let redis: SimulatedRedis
    private let ingests: [SimulatedIngest]
    private let stages: [SimulatedStage]
    private let detectors: [SimulatedDetector]
    private let database: SimulatedDatabase
    private var links: [SimulatedLink] = []
    private(set) var published = 0

    static func partition(of message: Int) -> Partition { Partition(rawValue: UInt16(message) % partitions.rawValue) }

    init(seed: UInt64, sabotage: Sabotage? = nil) {
        let world = SimulatedWorld(seed: seed, sabotage: sabotage)
        let ingests = (1...2).map { SimulatedIngest("mqtt-ingest-\($0)", in: world) }
        let contents: (BatchIdentity, Partition) -> [Int] = { identity, partition in
            ingests.first { $0.name == identity.producer }?.batches[identity.sequence]?[partition] ?? []
        }
        let redis = SimulatedRedis(world)
        let database = SimulatedDatabase(world, contents: contents)
        let preprocessors = (1...2).map { SimulatedPreprocessor("preprocessor-\($0)", in: world) }
        let learners = SimulatedDetector.Learners()
        let detectors = (1...3).map {
            SimulatedDetector("anomaly-detector-\($0)", redis, learners, in: world, contents: contents)
        }
        let writers = (1...2).map { SimulatedWriter("storage-writer-\($0)", database, in: world) }
        for detector in detectors { detector.others = detectors }
        (self.world, self.redis, self.ingests, self.detectors, self.database) = (
            world, redis, ingests, detectors, database
        )
        stages = ingests + preprocessors + detectors + writers
        connect(ingests, preprocessors)
        connect(preprocessors, detectors)
        connect(detectors, writers)
    }

    private func connect(_ above: [SimulatedStage], _ below: [SimulatedStage]) {
        for lower in below {
            for upper in above {
                let link = SimulatedLink(upper, lower, in: world)
                lower.links.append(link)
                upper.linksBelow.append(link)
                links.append(link)
            }
        }
    }

    /// Runs with faults, then without until everything is where it belongs, and says what is wrong.
    func complaints() -> [String] {
        for _ in 0..<300 {
            if world.chance(perMille: 700) { publish() }
            misfortune()
            turn()
        }
        world.hasFaults = false
        var rest = 4_000
        while !isIdle, rest > 0 {
            turn()
            rest -= 1
        }
        if rest == 0 { world.complain("it does not come to rest after the faults") }
        checkStored()
        // The processes know each other.
        for stage in stages { (stage.links, stage.linksBelow) = ([], []) }
        for detector in detectors { detector.others = [] }
        return world.complaints
    }

    private var isIdle: Bool { stages.allSatisfy { $0.isAlive && $0.isIdle } }

    private func publish() {
        published += 1
        ingests[Int.random(in: 0..<ingests.count, using: &world.random)].session.queued.append(published)
    }

    private func turn() {
        for link in links { link.turn() }
        for stage in stages {
            stage.turn()
            stage.endIfDrained()
        }
        world.advance(by: Self.step)
    }

    /// About thirty in a run.
    private func misfortune() {
        guard world.chance(perMille: 100) else { return }
        let stage = stages[Int.random(in: 0..<stages.count, using: &world.random)]
        switch Int.random(in: 0..<10, using: &world.random) {
        case 0...2: if stage.isAlive { stage.die(for: world.duration(50...2_000)) }
        case 3...4: if stage.turns { stage.stop(for: world.duration(100...4_000)) }
        case 5: links[Int.random(in: 0..<links.count, using: &world.random)].cut(for: world.duration(100...2_000))
        case 6: if !(stage is SimulatedIngest) { stage.leave() }
        case 7: ingests[Int.random(in: 0..<ingests.count, using: &world.random)].reconnect()
        case 8: for link in stage.links { link.cut(for: world.duration(100...1_500)) }
        default:
            if world.redisFails { redis.fail(for: world.duration(100...3_000), losing: world.chance(perMille: 300)) }
        }
    }

    private func checkStored() {
        let acknowledged = ingests.reduce(into: Set<Int>()) { $0.formUnion($1.acknowledged) }
        let lost = acknowledged.filter { database.stored[$0] == nil }
        if !lost.isEmpty { world.complain("\(lost.count) of \(published) messages are acknowledged and not stored") }
        let repeated = database.stored.filter { $0.value > 1 }
        if !repeated.isEmpty { world.complain("\(repeated.count) messages are stored more than once") }
        if acknowledged.count != published { world.complain("\(published - acknowledged.count) are not acknowledged") }
    }
}
