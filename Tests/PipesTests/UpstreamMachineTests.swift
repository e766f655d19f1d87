import Model
import Pipes
import Testing
import Wire

/// An item that weighs one for each of its partitions.
struct TestItem: PipeItem, Hashable {
    var identity: BatchIdentity
    var lowWater: UInt64 { 0 }
    var partitions: [Partition]

    init(_ sequence: UInt64, _ partitions: [UInt16] = [0]) {
        identity = BatchIdentity(producer: "p", sequence: sequence)
        self.partitions = partitions.map(Partition.init(rawValue:))
    }

    func weight(of partitions: Set<Partition>) -> Int { partitions.count }
}

/// The machine with its actions sorted by kind.
struct UpstreamBench {
    struct Sent: Equatable {
        var peer: UInt8
        var header: PipeFrame.BatchHeader

        var sequence: UInt64 { header.identity.sequence }
        var partitions: Set<UInt16> { Set(header.partitions.map(\.rawValue)) }
    }

    var machine: UpstreamMachine<TestItem>
    var now = ContinuousClock.now
    var batches: [Sent] = []
    var frames: [PipeFrame] = []
    var settled: [UInt64] = []
    var outcomes: [DeliveryOutcome] = []
    private var numbers: [UInt8: UInt64] = [:]

    init(_ assignment: PipeAssignment = .keyed, queueLimit: Int = 1_000) {
        machine = UpstreamMachine(
            UpstreamConfiguration(instance: "upstream-1", assignment: assignment, queueLimit: queueLimit))
    }

    mutating func hello(
        _ peer: UInt8, session: UInt64 = 1, instance: String? = nil, credit: UInt64 = 1_000,
        version: WireVersion = .current, stage: String = "stage"
    ) {
        let hello = PipeFrame.Hello(
            version: version, stage: stage, instance: instance ?? "worker-\(peer)", credit: credit)
        numbers[peer] = 0
        apply(
            machine.receive(PipeFrame(session: session, .hello(hello)), from: PeerIdentity([peer]), now: now))
    }

    mutating func say(_ kind: PipeFrame.Kind, from peer: UInt8, session: UInt64 = 1, number: UInt64? = nil) {
        var next = number ?? (numbers[peer, default: 0] + 1)
        if case .goodbye = kind { next = 0 }
        if number == nil, next > 0 { numbers[peer] = next }
        apply(machine.receive(PipeFrame(session: session, number: next, kind), from: PeerIdentity([peer]), now: now))
    }

    mutating func send(_ sequence: UInt64, _ partitions: [UInt16] = [0]) {
        apply(machine.send(TestItem(sequence, partitions), now: now))
    }

    mutating func offer(_ sequence: UInt64, token: Int64? = nil) -> Bool {
        guard let actions = machine.offer(TestItem(sequence), token: token) else { return false }
        apply(actions)
        return true
    }

    mutating func ack(_ sent: Sent, session: UInt64 = 1) {
        say(.ack(deliveries: [sent.header.delivery]), from: sent.peer, session: session)
    }

    /// Ticks four times a second.
    mutating func pass(_ duration: Duration, heardFrom alive: [UInt8] = []) {
        let end = now + duration
        while now < end {
            now += .milliseconds(250)
            for peer in alive { say(.heartbeat, from: peer) }
            apply(machine.tick(now))
        }
    }

    mutating func unreachable(_ peer: UInt8) { apply(machine.unreachable(PeerIdentity([peer]), now: now)) }

    mutating func close() { apply(machine.close()) }

    /// What was sent since the last look.
    mutating func takeBatches() -> [Sent] {
        defer { batches = [] }
        return batches
    }

    private mutating func apply(_ actions: [UpstreamAction<TestItem>]) {
        for action in actions {
            switch action {
            case .send(_, let frame): frames.append(frame)
            case .sendBatch(let peer, let frame, _, _):
                guard case .batch(let header) = frame.kind else { continue }
                batches.append(Sent(peer: peer.bytes[0], header: header))
            case .settle(let item, let outcome):
                settled.append(item.identity.sequence)
                outcomes.append(outcome)
            }
        }
    }
}

struct UpstreamMachineTests {
    @Test func `HELLO is answered with what both must agree on`() {
        var bench = UpstreamBench()
        bench.hello(1)
        let welcome = PipeFrame.Welcome(instance: "upstream-1", partitions: 32, heartbeatInterval: .seconds(1))
        #expect(bench.frames == [PipeFrame(session: 1, .welcome(welcome))])
        #expect(bench.machine.canAccept)
    }

    @Test func `another major version is told which side is older`() {
        var bench = UpstreamBench()
        bench.hello(1, version: WireVersion(major: 2, minor: 3))
        guard case .goodbye(let goodbye)? = bench.frames.first?.kind else {
            Issue.record("no GOODBYE")
            return
        }
        #expect(goodbye.reason == .incompatible)
        #expect(
            goodbye.detail
                == "upstream-1 speaks \(WireVersion.current), worker-1 speaks sluice.v2 (2.3): update the older one"
        )
        #expect(!bench.machine.hasWorkers)
    }

    @Test func `a newer minor version is welcome`() {
        var bench = UpstreamBench()
        bench.hello(1, version: WireVersion(major: 1, minor: 9))
        #expect(bench.machine.hasWorkers)
    }

    @Test func `one worker gets whole batches and every partition's parts complete them`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1, [0, 5, 9])
        let sent = bench.takeBatches()
        #expect(sent.map(\.partitions) == [[0, 5, 9]])
        #expect(bench.settled.isEmpty)
        bench.ack(sent[0])
        #expect(bench.settled == [1])
        #expect(bench.outcomes == [.acknowledged])
        #expect(bench.machine.isIdle)
    }

    @Test func `a batch split over two workers is done when both parts are`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.hello(2)
        bench.send(1, allPartitions)
        let sent = bench.takeBatches()
        #expect(sent.count == 2)
        #expect(sent[0].partitions.isDisjoint(with: sent[1].partitions))
        bench.ack(sent[1])
        #expect(bench.settled.isEmpty)
        bench.ack(sent[0])
        #expect(bench.settled == [1])
    }

    @Test func `duplicate acks and unknown deliveries change nothing`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.hello(2)
        bench.send(1)
        let sent = bench.takeBatches()
        let other: UInt8 = sent[0].peer == 1 ? 2 : 1
        bench.say(.ack(deliveries: [sent[0].header.delivery]), from: other)
        bench.say(.ack(deliveries: [999]), from: sent[0].peer)
        #expect(bench.settled.isEmpty)
        bench.ack(sent[0])
        bench.ack(sent[0])
        #expect(bench.settled == [1])
        #expect(bench.machine.status.acknowledgedBatches == 1)
    }

    @Test func `nothing is sent without credit and credit lets it go on in order`() {
        var bench = UpstreamBench()
        bench.hello(1, credit: 2)
        for sequence in 1...4 { bench.send(UInt64(sequence)) }
        #expect(bench.takeBatches().map(\.sequence) == [1, 2])
        bench.say(.credit(readings: 1), from: 1)
        #expect(bench.takeBatches().map(\.sequence) == [3])
        #expect(bench.machine.status.queuedReadings == 1)
    }

    @Test func `a worker without credit does not hold up the others`() {
        var bench = UpstreamBench()
        bench.hello(1, credit: 1)
        bench.hello(2, credit: 1_000)
        bench.send(1, allPartitions)
        bench.send(2, allPartitions)
        let sent = bench.takeBatches()
        #expect(sent.filter { $0.peer == 1 }.map(\.sequence) == [1])
        #expect(sent.filter { $0.peer == 2 }.map(\.sequence) == [1, 2])
    }

    @Test func `a batch larger than the credit still goes`() {
        var bench = UpstreamBench()
        bench.hello(1, credit: 1)
        bench.send(1, allPartitions)
        #expect(bench.takeBatches().count == 1)
        bench.send(2, allPartitions)
        bench.say(.credit(readings: 31), from: 1)
        #expect(bench.takeBatches().isEmpty)
        bench.say(.credit(readings: 1), from: 1)
        #expect(bench.takeBatches().map(\.sequence) == [2])
    }

    @Test func `three silent intervals are death and the heir gets it all again in order`() {
        var bench = UpstreamBench()
        bench.hello(1)
        for sequence in 1...3 { bench.send(UInt64(sequence), [4, 5]) }
        #expect(bench.takeBatches().count == 3)
        bench.hello(2)
        bench.pass(.milliseconds(2_750), heardFrom: [2])
        #expect(bench.takeBatches().isEmpty)
        bench.pass(.milliseconds(250), heardFrom: [2])
        let again = bench.takeBatches()
        #expect(again.map(\.sequence) == [1, 2, 3])
        #expect(again.allSatisfy { $0.peer == 2 && $0.header.redelivered && $0.partitions == [4, 5] })
        #expect(bench.machine.counters.deaths == 1)
        again.forEach { bench.ack($0) }
        #expect(bench.settled == [1, 2, 3])
    }

    @Test func `a stall of our own kills nobody`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.pass(.seconds(1), heardFrom: [1])
        bench.now += .seconds(60)
        bench.pass(.milliseconds(500))
        #expect(bench.machine.hasWorkers)
        bench.pass(.seconds(4))
        #expect(!bench.machine.hasWorkers)
    }

    @Test func `an unreachable worker is dead at once`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1)
        bench.unreachable(1)
        #expect(bench.machine.status.inFlightReadings == 0)
        bench.hello(2)
        #expect(bench.takeBatches().map(\.peer) == [1, 2])
    }

    @Test func `a restarted worker's HELLO gives it everything again`() {
        var bench = UpstreamBench()
        bench.hello(1, session: 1)
        bench.send(1)
        bench.hello(1, session: 2)
        let sent = bench.takeBatches()
        #expect(sent.map(\.header.redelivered) == [false, true])
        bench.ack(sent[0], session: 1)
        #expect(bench.settled.isEmpty)
        bench.say(.ack(deliveries: [sent[1].header.delivery]), from: 1, session: 2, number: 1)
        #expect(bench.settled == [1])
    }

    @Test func `the newer connection of an instance replaces the older`() {
        var bench = UpstreamBench()
        bench.hello(1, session: 1, instance: "twin")
        bench.send(1)
        bench.hello(2, session: 2, instance: "twin")
        #expect(bench.takeBatches().map(\.peer) == [1, 2])
        #expect(bench.frames.contains { $0.session == 1 && $0.saysGoodbye(.replaced) })
        bench.hello(1, session: 1, instance: "twin")
        #expect(bench.frames.last?.saysGoodbye(.replaced) == true)
        #expect(bench.machine.status.workers == 1)
    }

    @Test func `a repeated HELLO is only answered again`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1)
        bench.hello(1)
        #expect(bench.takeBatches().count == 1)
        #expect(bench.frames.count == 2)
    }

    @Test func `a HELLO that comes after its session was given up does not bring it back`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.unreachable(1)
        bench.hello(1)
        #expect(bench.frames.last?.saysGoodbye(.unknownSession) == true)
        #expect(!bench.machine.hasWorkers)
        bench.hello(1, session: 2)
        #expect(bench.machine.hasWorkers)
    }

    @Test func `a stranger is asked for HELLO`() {
        var bench = UpstreamBench()
        bench.say(.heartbeat, from: 7, session: 3)
        #expect(bench.frames.first?.saysGoodbye(.unknownSession) == true)
        bench.say(.goodbye(.init(.draining)), from: 7, session: 3)
        #expect(bench.frames.count == 1)
    }

    @Test func `a gap in the numbers ends the session and redelivers`() {
        var bench = UpstreamBench()
        bench.hello(1)
        bench.send(1)
        bench.say(.heartbeat, from: 1, number: 2)
        #expect(bench.frames.last?.saysGoodbye(.unknownSession) == true)
        #expect(!bench.machine.hasWorkers)
        bench.hello(1, session: 2)
        #expect(bench.takeBatches().map(\.header.redelivered) == [false, true])
    }

    /// So a batch that was split for one stage need not be split again for the next.
    @Test func `instances that are numbered alike have the same partitions at every stage`() {
        let shares = ["preprocessor", "storage-writer", "a"].map { stage in
            var bench = UpstreamBench()
            for number in 1...3 as ClosedRange<UInt8> {
                bench.hello(number, instance: "\(stage)-\(number)", stage: stage)
            }
            return bench.machine.workerStatus.sorted { $0.instance < $1.instance }.map(\.partitions)
        }
        #expect(shares[0] == shares[1] && shares[0] == shares[2])
        #expect(shares[0].allSatisfy { $0.count > 4 })
        #expect(shares[0].joined().count == 32)
    }
}

extension PipeFrame {
    func saysGoodbye(_ reason: Goodbye.Reason) -> Bool {
        guard case .goodbye(let goodbye) = kind else { return false }
        return goodbye.reason == reason
    }
}
