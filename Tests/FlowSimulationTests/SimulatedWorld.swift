import Model
import Pipes
import Wire

/// What is broken on purpose in a simulation, to show that it would be found.
enum Sabotage: CaseIterable {
    /// mqtt-ingest acknowledges messages before they are in its spool.
    case acknowledgesBeforeSpooling
    /// mqtt-ingest does not know messages again that it has in its spool.
    case forgetsMessages
    /// mqtt-ingest calls everything stored that it has sent.
    case raisesLowWaterTooSoon
    /// A stage acks what it has sent on, and does not wait for the ack from below.
    case acksWhatIsSentOn
    /// storage-writer acks before its transaction ends.
    case acksBeforeCommit
    /// PostgreSQL is not asked whether a part was stored before.
    case storesRepetitions
    /// A detector learns from whatever it gets.
    case learnsWithoutLease
    /// A detector learns from what it has learnt before.
    case learnsRepetitions
}

/// Virtual time, chance, and what was found wrong. One thread: the same seed gives the same run.
final class SimulatedWorld {
    let seed: UInt64
    let sabotage: Sabotage?
    /// Whether Redis fails as well. What is learnt is then not promised to be one instance's.
    let redisFails: Bool
    private(set) var now = ContinuousClock.now
    var random: SplitMix64
    var hasFaults = true
    private(set) var complaints: [String] = []
    private var agenda: [Entry] = []
    private var lastNumber = 0

    private struct Entry {
        var at: ContinuousClock.Instant
        var number: Int
        var work: () -> Void
    }

    init(seed: UInt64, sabotage: Sabotage?) {
        self.seed = seed
        self.sabotage = sabotage
        redisFails = seed.isMultiple(of: 2)
        random = SplitMix64(seed: seed)
    }

    /// Greater with each call: sessions, peers, processes.
    func number() -> Int {
        lastNumber += 1
        return lastNumber
    }

    func chance(perMille: Int) -> Bool { Int.random(in: 0..<1_000, using: &random) < perMille }

    func duration(_ milliseconds: ClosedRange<Int>) -> Duration {
        .milliseconds(Int.random(in: milliseconds, using: &random))
    }

    func complain(_ text: String) {
        if complaints.count < 5 { complaints.append("seed \(seed): \(text)") }
    }

    /// In the order of time, and of calls where the times are equal.
    func at(_ time: ContinuousClock.Instant, _ work: @escaping () -> Void) {
        let entry = Entry(at: max(time, now), number: number(), work: work)
        let place = agenda.lastIndex { $0.at <= entry.at }.map { $0 + 1 } ?? 0
        agenda.insert(entry, at: place)
    }

    func after(_ delay: Duration, _ work: @escaping () -> Void) { at(now + delay, work) }

    /// Does what is due in the next step of time.
    func advance(by step: Duration) {
        let end = now + step
        while let next = agenda.first, next.at <= end {
            agenda.removeFirst()
            now = next.at
            next.work()
        }
        now = end
    }
}

/// One service instance: it dies, is stopped, and comes back under its name.
class SimulatedProcess {
    let name: String
    let world: SimulatedWorld
    private(set) var run = 0
    private(set) var isAlive = true
    private var stoppedUntil: ContinuousClock.Instant?

    init(_ name: String, in world: SimulatedWorld) {
        self.name = name
        self.world = world
    }

    /// It is alive and not stopped.
    var turns: Bool {
        guard isAlive else { return false }
        guard let stoppedUntil else { return true }
        return world.now >= stoppedUntil
    }

    /// Runs `work` when this run of the process gets to it: later when it is stopped, never when it has died.
    func later(at time: ContinuousClock.Instant, _ work: @escaping () -> Void) {
        let run = run
        world.at(time) { [self] in
            guard isAlive, self.run == run else { return }
            if let stoppedUntil, world.now < stoppedUntil { return later(at: stoppedUntil, work) }
            work()
        }
    }

    /// As by SIGSTOP, and SIGCONT some time later.
    func stop(for time: Duration) { stoppedUntil = world.now + time }

    /// As by SIGKILL; it is started again some time later.
    func die(for time: Duration) {
        isAlive = false
        run += 1
        stoppedUntil = nil
        lose()
        world.after(time) { [self] in
            isAlive = true
            begin()
        }
    }

    /// What is in memory only is gone.
    func lose() {}

    /// It starts.
    func begin() {}
}

/// A batch on its way. What is in it follows from its identity.
struct FlowItem: PipeItem {
    var identity: BatchIdentity
    var lowWater: UInt64
    var partitions: [Partition]
    /// What this was, where it came from.
    var origin: FlowDelivery?

    func weight(of partitions: Set<Partition>) -> Int { partitions.count }
}

/// A part of a batch that came through a link.
struct FlowDelivery {
    var header: PipeFrame.BatchHeader
    var session: UInt64
    var link: SimulatedLink

    func ack() { link.ack(header.delivery, session: session) }
}
