internal import IOLoop
internal import Model
internal import Wire
internal import ZeroMQ

/// The connection to one upstream address: a ``DownstreamMachine`` over a DEALER socket.
@IOThread
final class PipeLink {
    let address: String
    private(set) var counters = InboundPipeCounters()
    private(set) var machine: DownstreamMachine

    private let socket: Socket
    private var handshakes: HandshakeWatch?
    /// The two sides did not agree on keys. libzmq does not try again by itself after some of these failures.
    private(set) var isRefused = false
    /// Upstream hung up during the last handshake. One that ends does so, too: only the second time in a row means anything.
    private(set) var hasHungUp: Bool
    private let limits: WireLimits
    private let onDelivery: @IOThread (Delivery) -> Void
    private let onChange: @IOThread () -> Void
    private var watch: Watch?
    private var actions: [DownstreamAction] = []
    /// Payloads of the `deliver` actions that are due, in their order.
    private var payloads: [[UInt8]] = []
    private var isPerforming = false
    /// When what is open came.
    private var arrivals: [UInt64: ContinuousClock.Instant] = [:]

    init(
        _ address: String, _ configuration: InboundPipeConfiguration, hasHungUp: Bool,
        newSession: @escaping () -> UInt64,
        onDelivery: @escaping @IOThread (Delivery) -> Void, onChange: @escaping @IOThread () -> Void
    ) throws(ZeroMQError) {
        self.address = address
        self.hasHungUp = hasHungUp
        self.onDelivery = onDelivery
        self.onChange = onChange
        limits = configuration.limits
        machine = DownstreamMachine(configuration.machine, now: .now, newSession: newSession)
        socket = try configuration.socket.openDealer(ipv6: address.contains("["))
        handshakes = try watchHandshakes(configuration.socket)
        try socket.connect(address)
        watch = EventLoop.watch(socket: socket) { [weak self] in self?.receive() }
    }

    /// Without keys, an upstream that hangs up is one that ends.
    private func watchHandshakes(_ options: PipeSocketOptions) throws(ZeroMQError) -> HandshakeWatch? {
        guard let onRefusal = options.onRefusal else { return nil }
        return try HandshakeWatch(socket) { [weak self, address] failure in
            guard let self, failure != .closed || options.curve != nil else { return }
            isRefused = true
            defer { hasHungUp = failure == .closed }
            guard failure != .closed || hasHungUp else { return }
            onRefusal(PipeRefusal(failure: failure, peer: address))
        }
    }

    private func changed() {
        if machine.state == .live { (isRefused, hasHungUp) = (false, false) }
        onChange()
    }

    isolated deinit { close() }

    var status: LinkStatus {
        var counters = counters
        counters.openReadings = openReadings
        counters.oldestOpen = oldestOpen
        counters.credit = credit
        return LinkStatus(address: address, upstream: machine.upstream, state: machine.state, counters: counters)
    }

    /// A batch that is larger than the credit goes alone.
    var credit: Int { machine.state == .live ? max(0, machine.configuration.credit - openReadings) : 0 }

    /// Deliveries are numbered in their order.
    var oldestOpen: Duration {
        machine.open.keys.min().flatMap { arrivals[$0] }.map { ContinuousClock.now - $0 } ?? .zero
    }

    func tick() { perform(machine.tick(.now)) }

    func drain() { perform(machine.drain()) }

    func ack(_ delivery: UInt64, session: UInt64) {
        guard watch != nil, let weight = machine.open[delivery] else { return }
        arrivals[delivery] = nil
        counters.acknowledgedBatches += 1
        counters.acknowledgedReadings += Int(weight)
        perform(machine.ack(delivery, session: session))
    }

    func nack(_ delivery: UInt64, session: UInt64, _ refusal: Refusal) {
        guard watch != nil, let weight = machine.open[delivery] else { return }
        arrivals[delivery] = nil
        counters.refusedBatches += 1
        counters.refusedReadings += Int(weight)
        perform(machine.nack(delivery, session: session, refusal))
    }

    /// Frees the socket after libzmq's linger time; upstream sends what is open to somebody else.
    func close() {
        watch?.cancel()
        watch = nil
        handshakes?.close()
        socket.close()
    }

    // MARK: The loop's side

    /// Bounded, so that one busy link cannot starve the rest of the loop.
    private func receive() {
        for _ in 0..<64 {
            guard watch != nil, let message = nextMessage() else { return }
            guard let first = message.first, let frame = try? FrameCodec.decode(first) else {
                counters.rejectedFrames += 1
                continue
            }
            receive(frame, payload: message.count == 2 ? message[1] : [])
        }
    }

    private func receive(_ frame: PipeFrame, payload: [UInt8]) {
        let new = machine.receive(frame, now: .now)
        for case .deliver in new { payloads.append(payload) }
        perform(new)
    }

    private func nextMessage() -> [[UInt8]]? {
        do {
            return try socket.receive()
        } catch {
            // Interrupted or closing: the loop comes back.
            return nil
        }
    }

    /// In the machine's order, for frames are numbered: what a delivery causes comes after what is already due.
    private func perform(_ new: [DownstreamAction]) {
        actions += new
        guard !isPerforming else { return }
        isPerforming = true
        var next = 0
        while next < actions.count {
            perform(actions[next])
            next += 1
        }
        actions.removeAll(keepingCapacity: true)
        isPerforming = false
    }

    private func perform(_ action: DownstreamAction) {
        switch action {
        case .send(let frame): send(frame)
        case .deliver(let header, let session): deliver(header, session: session, payloads.removeFirst())
        case .changed: changed()
        }
    }

    private func send(_ frame: PipeFrame) {
        guard watch != nil else { return }
        do {
            if try socket.send([try FrameCodec.encode(frame)]) { return }
        } catch {
            // As without a connection: the session cannot go on.
        }
        actions += machine.sendFailed(now: .now)
    }

    private func deliver(_ header: PipeFrame.BatchHeader, session: UInt64, _ payload: [UInt8]) {
        // What was open in a session that broke is not settled by anybody.
        if arrivals.count >= machine.open.count { arrivals = arrivals.filter { machine.open[$0.key] != nil } }
        arrivals[header.delivery] = .now
        counters.receivedBatches += 1
        counters.receivedReadings += Int(header.weight)
        if header.redelivered { counters.redeliveredReadings += Int(header.weight) }
        do {
            var batch = try BatchCodec.decode(payload, partitions: machine.configuration.partitions, limits: limits)
            batch.lowWater = max(batch.lowWater, header.lowWater)
            onDelivery(Delivery(batch, header, session: session, link: self))
        } catch {
            counters.rejectedFrames += 1
            nack(header.delivery, session: session, .refused(reason: "\(error)"))
        }
    }
}
