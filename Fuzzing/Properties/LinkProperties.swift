internal import Model
internal import Pipes
internal import Wire

/// A batch on its way. Not nested and private: the compiler (6.3) then makes a module that it refuses itself.
struct LinkItem: PipeItem {
    var number: UInt64
    var partitions: [Partition]
    var identity: BatchIdentity { BatchIdentity(producer: "fuzzer", sequence: number) }
    var lowWater: UInt64 { 0 }

    func weight(of partitions: Set<Partition>) -> Int { max(1, partitions.count) }
}

/// Two workers' frames to an upstream, and an upstream's to a worker, as a faulty peer may send them: in any order, with
/// any numbers. Every batch that was taken on is settled exactly once.
struct LinkProperties {
    private static let partitions = PartitionCount(rawValue: 8)

    private var rest: ArraySlice<UInt8>
    private var now = ContinuousClock.now
    private var upstream: UpstreamMachine<LinkItem>
    private var downstream: DownstreamMachine
    private var taken: UInt64 = 0
    private var open = Set<UInt64>()

    init(_ input: [UInt8]) {
        rest = input[...]
        upstream = UpstreamMachine(UpstreamConfiguration(instance: "up", partitions: Self.partitions))
        var sessions: UInt64 = 0
        downstream = DownstreamMachine(
            DownstreamConfiguration(stage: "fuzzed", instance: "down", partitions: Self.partitions), now: now
        ) {
            sessions += 1
            return sessions
        }
    }

    mutating func check() throws(BrokenProperty) {
        while let step = rest.popFirst() { try take(step) }
        try settle(upstream.close())
        try require(open.isEmpty, "\(open.count) batches were never settled")
    }

    /// One byte says what happens; frames and times follow it.
    private mutating func take(_ step: UInt8) throws(BrokenProperty) {
        let peer = PeerIdentity([step >> 3 & 1])
        switch step & 7 {
        case 0: if let frame = nextFrame() { try settle(upstream.receive(frame, from: peer, now: now)) }
        case 1: if let frame = nextFrame() { _ = downstream.receive(frame, now: now) }
        case 2: try pass(Duration.milliseconds(Int(rest.popFirst() ?? 0) * 50))
        case 3: try settle(upstream.send(nextItem(), now: now))
        case 4: try offer(nextItem())
        case 5: settleDownstream(step)
        case 6: try settle(upstream.unreachable(peer, now: now))
        default: _ = step & 8 == 0 ? downstream.sendFailed(now: now) : downstream.drain()
        }
    }

    private mutating func nextFrame() -> PipeFrame? {
        let length = Int(rest.popFirst() ?? 0)
        let bytes = Array(rest.prefix(length))
        rest = rest.dropFirst(length)
        return try? FrameCodec.decode(bytes)
    }

    private mutating func pass(_ time: Duration) throws(BrokenProperty) {
        now += time
        _ = downstream.tick(now)
        try settle(upstream.tick(now))
    }

    private mutating func nextItem() -> LinkItem {
        let mask = rest.popFirst() ?? 0
        taken += 1
        open.insert(taken)
        return LinkItem(number: taken, partitions: Self.partitions.all.filter { mask >> $0.rawValue & 1 == 1 })
    }

    private mutating func offer(_ item: LinkItem) throws(BrokenProperty) {
        guard let actions = upstream.offer(item, token: 1) else {
            open.remove(item.number)
            return
        }
        try settle(actions)
    }

    private mutating func settleDownstream(_ step: UInt8) {
        guard let delivery = downstream.open.keys.min() else { return }
        _ = downstream.ack(delivery, session: UInt64(step >> 4))
    }

    private mutating func settle(_ actions: [UpstreamAction<LinkItem>]) throws(BrokenProperty) {
        for case .settle(let item, _) in actions {
            try require(open.remove(item.number) != nil, "batch \(item.number) was settled twice")
        }
    }
}
