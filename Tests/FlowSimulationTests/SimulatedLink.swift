import Model
import Pipes
import Wire

/// The connection of one instance with one instance above it, over a network that loses, repeats, reorders and cuts.
final class SimulatedLink {
    private let world: SimulatedWorld
    unowned let above: SimulatedStage
    unowned let below: SimulatedStage
    private(set) var peer: PeerIdentity
    private(set) var machine: DownstreamMachine
    private var toBelow = FrameQueue()
    private var toAbove = FrameQueue()
    private var cutUntil: ContinuousClock.Instant?

    init(_ above: SimulatedStage, _ below: SimulatedStage, in world: SimulatedWorld) {
        (self.world, self.above, self.below) = (world, above, below)
        (peer, machine) = Self.connection(below, world)
    }

    private static func connection(_ below: SimulatedStage, _ world: SimulatedWorld) -> (
        PeerIdentity, DownstreamMachine
    ) {
        let number = UInt64(world.number())
        let machine = DownstreamMachine(
            DownstreamConfiguration(
                stage: "stage", instance: below.name, partitions: FlowSimulation.partitions, credit: 40,
                heartbeatInterval: FlowSimulation.heartbeat),
            now: world.now, newSession: { UInt64(world.number()) })
        return (PeerIdentity(withUnsafeBytes(of: number.bigEndian) { Array($0) }), machine)
    }

    /// The process below starts anew.
    func reset() {
        (peer, machine) = Self.connection(below, world)
        loseFrames()
    }

    func loseFrames() { (toBelow, toAbove) = (FrameQueue(), FrameQueue()) }

    func cut(for time: Duration) {
        cutUntil = world.now + time
        loseFrames()
    }

    func post(_ frame: PipeFrame) {
        if !isCut { toBelow.append(frame) }
    }

    private var isCut: Bool { cutUntil.map { world.now < $0 } ?? false }

    func ack(_ delivery: UInt64, session: UInt64) { perform(machine.ack(delivery, session: session)) }

    func drain() { perform(machine.drain()) }

    /// A step of time: some frames arrive, and the machine below looks at the clock.
    func turn() {
        for _ in 0..<4 {
            if below.turns, let frame = toBelow.take(world) { perform(machine.receive(frame, now: world.now)) }
            if above.turns, let frame = toAbove.take(world) { above.receive(frame, from: peer) }
        }
        if below.turns { perform(machine.tick(world.now)) }
    }

    private func perform(_ actions: [DownstreamAction]) {
        for action in actions {
            switch action {
            case .send(let frame): if !isCut { toAbove.append(frame) }
            case .deliver(let header, let session):
                below.take(FlowDelivery(header: header, session: session, link: self))
            case .changed: break
            }
        }
    }
}

/// Frames in one direction.
private struct FrameQueue {
    private var frames: [PipeFrame] = []

    mutating func append(_ frame: PipeFrame) { frames.append(frame) }

    /// The oldest frame, or what a bad network makes of it.
    mutating func take(_ world: SimulatedWorld) -> PipeFrame? {
        guard !frames.isEmpty, !world.chance(perMille: 200) else { return nil }
        guard world.hasFaults, world.chance(perMille: 4) else { return frames.removeFirst() }
        switch Int.random(in: 0..<3, using: &world.random) {
        case 0:
            frames.removeFirst()
            return nil
        case 1: return frames[0]
        default: return frames.remove(at: min(1, frames.count - 1))
        }
    }
}

/// A service with pipes: links to the stage above, and an upstream machine for the stage below.
class SimulatedStage: SimulatedProcess {
    /// To each instance above.
    var links: [SimulatedLink] = []
    /// Of each instance below.
    var linksBelow: [SimulatedLink] = []
    private(set) var outbound: UpstreamMachine<FlowItem>

    override init(_ name: String, in world: SimulatedWorld) {
        outbound = Self.machine(name)
        super.init(name, in: world)
    }

    private static func machine(_ name: String) -> UpstreamMachine<FlowItem> {
        UpstreamMachine(
            UpstreamConfiguration(
                instance: name, partitions: FlowSimulation.partitions, heartbeatInterval: FlowSimulation.heartbeat,
                queueLimit: 30))
    }

    override func lose() {
        outbound = Self.machine(name)
        for link in links { link.reset() }
        for link in linksBelow { link.loseFrames() }
        // A process that ends closes its connections, and the one above may see that at once.
        for link in links where world.chance(perMille: 500) { link.above.unreachable(link.peer) }
    }

    /// Nothing waits and nothing is under way.
    var isIdle: Bool { outbound.isIdle }
    /// For ``SimulatedLink``: a part of a batch has come.
    func take(_ delivery: FlowDelivery) {}
    /// A batch is done by everybody below.
    func settled(_ item: FlowItem) { item.origin?.ack() }

    func sendOn(_ delivery: FlowDelivery) {
        let header = delivery.header
        if world.sabotage == .acksWhatIsSentOn { delivery.ack() }
        send(
            FlowItem(
                identity: header.identity, lowWater: header.lowWater, partitions: header.partitions, origin: delivery))
    }

    func send(_ item: FlowItem) { perform(outbound.send(item, now: world.now)) }

    func receive(_ frame: PipeFrame, from peer: PeerIdentity) {
        perform(outbound.receive(frame, from: peer, now: world.now))
    }

    func unreachable(_ peer: PeerIdentity) {
        if turns { perform(outbound.unreachable(peer, now: world.now)) }
    }

    func turn() {
        if turns { perform(outbound.tick(world.now)) }
    }

    private func perform(_ actions: [UpstreamAction<FlowItem>]) {
        for action in actions {
            switch action {
            case .send(let peer, let frame), .sendBatch(let peer, let frame, _, _):
                linksBelow.first { $0.peer == peer }?.post(frame)
            case .settle(let item, .acknowledged): settled(item)
            case .settle(let item, let outcome): world.complain("\(item.identity) ended at \(name) as \(outcome)")
            }
        }
    }

    // MARK: Leaving for good

    private(set) var isLeaving = false

    /// Takes nothing new, finishes what is open, and ends; another starts some time later.
    func leave() {
        guard turns, !isLeaving else { return }
        isLeaving = true
        for link in links { link.drain() }
    }

    func endIfDrained() {
        guard isLeaving, turns, isIdle, links.allSatisfy({ $0.machine.state == .drained }) else { return }
        isLeaving = false
        die(for: world.duration(100...1_500))
    }

    override func begin() { isLeaving = false }
}
