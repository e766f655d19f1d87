import Model
import Pipes
import Testing
import Wire

/// The downstream machine with an upstream made of frames.
struct DownstreamBench {
    var machine: DownstreamMachine
    var now = ContinuousClock.now
    var sent: [PipeFrame] = []
    var delivered: [(delivery: UInt64, session: UInt64)] = []
    var states: [LinkState] = []
    var session: UInt64 { sent.last?.session ?? 0 }

    init() {
        var next: UInt64 = 0
        machine = DownstreamMachine(
            DownstreamConfiguration(stage: "stage", instance: "worker-1", credit: 100), now: now,
            newSession: {
                next += 1
                return next
            })
    }

    /// Connected and welcomed.
    static func live() -> DownstreamBench {
        var bench = DownstreamBench()
        bench.tick()
        bench.welcome()
        return bench
    }

    mutating func tick(after delay: Duration = .zero) {
        now += delay
        apply(machine.tick(now))
    }

    /// Ticks four times a second.
    mutating func pass(_ duration: Duration) {
        let end = now + duration
        while now < end { tick(after: .milliseconds(250)) }
    }

    mutating func hear(_ kind: PipeFrame.Kind, number: UInt64 = 0, session: UInt64? = nil) {
        apply(machine.receive(PipeFrame(session: session ?? self.session, number: number, kind), now: now))
    }

    mutating func welcome(version: WireVersion = .current, partitions: UInt32 = 32) {
        hear(
            .welcome(
                .init(version: version, instance: "up-1", partitions: partitions, heartbeatInterval: .seconds(1))))
    }

    mutating func batch(_ delivery: UInt64, number: UInt64, weight: UInt32 = 10) {
        let header = PipeFrame.BatchHeader(
            delivery: delivery, identity: BatchIdentity(producer: "p", sequence: delivery), lowWater: 0,
            partitions: [], weight: weight)
        hear(.batch(header), number: number)
    }

    mutating func ack(_ index: Int) {
        apply(machine.ack(delivered[index].delivery, session: delivered[index].session))
    }

    mutating func nack(_ index: Int, _ refusal: Refusal) {
        apply(machine.nack(delivered[index].delivery, session: delivered[index].session, refusal))
    }

    mutating func drain() { apply(machine.drain()) }

    mutating func sendFailed() { apply(machine.sendFailed(now: now)) }

    private mutating func apply(_ actions: [DownstreamAction]) {
        for action in actions {
            switch action {
            case .send(let frame): sent.append(frame)
            case .deliver(let header, let session): delivered.append((header.delivery, session))
            case .changed(let state): states.append(state)
            }
        }
    }
}

struct DownstreamMachineTests {
    @Test func `HELLO is repeated in the same session until somebody answers`() {
        var bench = DownstreamBench()
        for _ in 0..<3 { bench.tick(after: .milliseconds(100)) }
        let hello = PipeFrame.Hello(stage: "stage", instance: "worker-1", credit: 100)
        #expect(bench.sent == Array(repeating: PipeFrame(session: 1, .hello(hello)), count: 3))
        bench.welcome()
        #expect(bench.states == [.live])
        #expect(bench.machine.upstream == "up-1")
        bench.welcome()
        #expect(bench.states == [.live])
    }

    @Test func `an ack gives the credit back`() {
        var bench = DownstreamBench.live()
        bench.batch(5, number: 1, weight: 10)
        bench.ack(0)
        #expect(
            bench.sent.suffix(2) == [
                PipeFrame(session: 1, number: 1, .ack(deliveries: [5])),
                PipeFrame(session: 1, number: 2, .credit(readings: 10)),
            ])
        bench.ack(0)
        #expect(bench.sent.count == 3)
    }

    @Test func `a refusal gives the credit back too`() {
        var bench = DownstreamBench.live()
        bench.batch(5, number: 1, weight: 10)
        let refusal = Refusal.retry(after: .seconds(1), reason: "no store")
        bench.nack(0, refusal)
        #expect(bench.sent.suffix(2).map(\.kind) == [.nack(deliveries: [5], refusal), .credit(readings: 10)])
    }

    @Test func `a repeated frame is delivered once`() {
        var bench = DownstreamBench.live()
        bench.batch(5, number: 1)
        bench.batch(5, number: 1)
        #expect(bench.delivered.count == 1)
    }

    @Test func `a gap begins a new session and late acks of the old one are dropped`() {
        var bench = DownstreamBench.live()
        bench.batch(5, number: 1)
        bench.batch(7, number: 3)
        #expect(bench.delivered.count == 1)
        #expect(bench.states == [.live, .connecting])
        #expect(bench.session == 2)
        let before = bench.sent.count
        bench.ack(0)
        #expect(bench.sent.count == before)
        #expect(bench.machine.losses == 1)
    }

    @Test func `frames of another session change nothing`() {
        var bench = DownstreamBench.live()
        bench.hear(.heartbeat, number: 9, session: 77)
        bench.hear(.goodbye(.init(.unknownSession)), session: 77)
        #expect(bench.states == [.live])
    }

    @Test func `a silent upstream is dead after three intervals and is asked again`() {
        var bench = DownstreamBench.live()
        bench.pass(.milliseconds(2_750))
        #expect(bench.machine.state == .live)
        bench.pass(.milliseconds(250))
        #expect(bench.machine.state == .connecting)
        #expect(bench.sent.last?.session == 2)
        let heartbeats = bench.sent.count { $0.kind == .heartbeat }
        #expect(heartbeats == 2)
    }

    @Test func `a failing send ends the session`() {
        var bench = DownstreamBench.live()
        bench.sendFailed()
        #expect(bench.machine.state == .connecting)
    }

    @Test func `an upstream that forgot us gets HELLO again`() {
        var bench = DownstreamBench.live()
        bench.hear(.goodbye(.init(.unknownSession)))
        #expect(bench.session == 2)
        bench.welcome()
        #expect(bench.machine.state == .live)
    }

    @Test func `another major version or another number of partitions is refused with a reason and tried again`() {
        var bench = DownstreamBench()
        bench.tick()
        bench.welcome(version: WireVersion(major: 3, minor: 0))
        #expect(
            bench.machine.state
                == .refused("worker-1 speaks \(WireVersion.current), up-1 speaks sluice.v3 (3.0): update the older one")
        )
        #expect(bench.sent.last?.saysGoodbye(.incompatible) == true)
        bench.pass(.seconds(6))
        #expect(bench.machine.state == .connecting)
        bench.welcome(partitions: 64)
        guard case .refused(let reason) = bench.machine.state else {
            Issue.record("not refused: \(bench.machine.state)")
            return
        }
        #expect(reason.contains("up-1 has 64 partitions, worker-1 32"))
    }

    @Test func `a refused version is shown as the upstream said it`() {
        var bench = DownstreamBench()
        bench.tick()
        bench.hear(.goodbye(.init(.incompatible, "too old")))
        #expect(bench.machine.state == .refused("too old"))
    }

    @Test func `draining finishes what is open and ends with the upstream's answer`() {
        var bench = DownstreamBench.live()
        bench.batch(5, number: 1)
        bench.drain()
        #expect(bench.sent.last?.saysGoodbye(.draining) == true)
        bench.batch(6, number: 2)
        #expect(bench.delivered.count == 2)
        bench.ack(0)
        #expect(bench.sent.last?.kind == .ack(deliveries: [5]))
        bench.ack(1)
        bench.hear(.goodbye(.init(.draining)))
        #expect(bench.machine.state == .drained)
    }

    @Test func `draining without a session or against a silent upstream ends by itself`() {
        var idle = DownstreamBench()
        idle.drain()
        #expect(idle.machine.state == .drained)
        var bench = DownstreamBench.live()
        bench.drain()
        bench.pass(.seconds(3))
        #expect(bench.machine.state == .drained)
    }

    @Test func `a replaced connection rests before it tries again`() {
        var bench = DownstreamBench.live()
        bench.hear(.goodbye(.init(.replaced)))
        #expect(bench.machine.state == .replaced)
        bench.pass(.milliseconds(2_500))
        #expect(bench.machine.state == .replaced)
        bench.pass(.milliseconds(750))
        #expect(bench.machine.state == .connecting)
    }
}
