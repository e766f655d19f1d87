public import IOLoop
internal import Model
internal import Wire
internal import ZeroMQ

/// The upstream end of a pipe: binds, and hands batches to the workers that connect.
///
/// Runs an ``UpstreamMachine`` over a ROUTER socket. A message is [routing id][frame] or [routing id][frame][batch].
@IOThread
public final class OutboundPipe {
    /// The address that was bound, with its real port: `tcp://0.0.0.0:40123`.
    public nonisolated let endpoint: String
    /// Called when `canAccept` turns true.
    public var onReady: (@IOThread () -> Void)?

    private let socket: Socket
    /// Of ``PeerAdmission``; nil without keys.
    private let domain: String?
    private var handshakes: HandshakeWatch?
    private var machine: UpstreamMachine<PendingBatch>
    private var actions: [UpstreamAction<PendingBatch>] = []
    private var isPerforming = false
    private var wasReady = false
    private var skippedBatches = 0
    private var rejectedFrames = 0
    private var watch: Watch?
    private var timer: ScheduledTimer?
    private var drainers: [Drainer] = []

    /// Binds at once; workers may come from now on.
    ///
    /// - Throws: ``PipeError``, retriable when the address is taken for now.
    public init(_ configuration: OutboundPipeConfiguration) throws(PipeError) {
        do {
            domain = try configuration.socket.openDoor()
            (socket, handshakes, endpoint) = try Self.bind(configuration, domain)
        } catch {
            throw PipeError(instance: configuration.machine.instance, cause: error)
        }
        machine = UpstreamMachine(configuration.machine)
        watch = EventLoop.watch(socket: socket) { [weak self] in self?.receive() }
        timer = EventLoop.schedule(every: configuration.machine.heartbeatInterval / 4) { [weak self] in self?.tick() }
    }

    isolated deinit { close() }

    // MARK: Sending

    /// There is a worker, and less than the queue's limit waits. Hold back while it is false.
    public var canAccept: Bool { machine.canAccept }

    /// Takes a batch on. It is split by partition, sent in order, and sent again when a worker dies.
    ///
    /// - Parameter completion: called once, maybe before this returns.
    public func send(_ batch: OutgoingBatch, completion: @escaping @IOThread (DeliveryOutcome) -> Void) {
        guard watch != nil else { return completion(.abandoned) }
        perform(machine.send(PendingBatch(batch, completion), now: .now))
    }

    /// Gives the whole batch to one worker that has credit, or does nothing. Never waits, never sends it again.
    ///
    /// - Parameter token: travels with it; storage-writer's transaction.
    /// - Returns: whether a worker was found. If not, `completion` is not called.
    public func offer(
        _ batch: OutgoingBatch, token: Int64?, completion: @escaping @IOThread (DeliveryOutcome) -> Void
    ) -> Bool {
        guard let offered = machine.offer(PendingBatch(batch, completion), token: token) else {
            skippedBatches += 1
            return false
        }
        perform(offered)
        return true
    }

    // MARK: Ending

    /// - Returns: true as soon as nothing waits and nothing is in flight; false when that takes longer than `limit`.
    @discardableResult
    public func drain(within limit: Duration = .seconds(3_600)) async -> Bool {
        return await withCheckedContinuation { continuation in
            guard !machine.isIdle else { return continuation.resume(returning: true) }
            drainers.append(Drainer(within: limit, continuation))
        }
    }

    /// Says GOODBYE and frees the socket. What is open ends as `abandoned`. Calling it again does nothing.
    public func close() {
        guard let watch else { return }
        perform(machine.close())
        watch.cancel()
        timer?.cancel()
        self.watch = nil
        timer = nil
        handshakes?.close()
        socket.close()
        if let domain { try? PeerAdmission.shared().close(domain) }
    }

    // MARK: Looking at it

    public var counters: OutboundPipeCounters {
        var counters = machine.status
        counters.skippedBatches = skippedBatches
        counters.rejectedFrames = rejectedFrames
        return counters
    }

    public var workers: [WorkerStatus] { machine.workerStatus }

    // MARK: The loop's side

    private static func bind(
        _ configuration: OutboundPipeConfiguration, _ domain: String?
    ) throws(ZeroMQError) -> (Socket, HandshakeWatch?, endpoint: String) {
        var handshakes: HandshakeWatch?
        do throws(ZeroMQError) {
            let socket = try configuration.socket.openRouter(domain: domain)
            handshakes = try watchHandshakes(of: socket, configuration.socket)
            try socket.bind(configuration.bind)
            return (socket, handshakes, try socket.lastEndpoint())
        } catch {
            handshakes?.close()
            if let domain { try? PeerAdmission.shared().close(domain) }
            throw error
        }
    }

    /// An unknown client has been told of already, by ``PeerAdmission``, which knows its key. One that hangs up is nobody yet.
    private static func watchHandshakes(
        of socket: Socket, _ options: PipeSocketOptions
    ) throws(ZeroMQError) -> HandshakeWatch? {
        guard let onRefusal = options.onRefusal else { return nil }
        return try HandshakeWatch(socket) { failure in
            guard failure != .unknownClient, failure != .closed else { return }
            onRefusal(PipeRefusal(failure: failure))
        }
    }

    private func tick() { perform(machine.tick(.now)) }

    /// Bounded, so that one busy pipe cannot starve the rest of the loop.
    private func receive() {
        for _ in 0..<256 {
            guard watch != nil, let message = nextMessage() else { return }
            guard message.count == 2, let frame = try? FrameCodec.decode(message[1]) else {
                rejectedFrames += 1
                continue
            }
            perform(machine.receive(frame, from: PeerIdentity(message[0]), now: .now))
        }
    }

    private func nextMessage() -> [[UInt8]]? {
        do {
            return try socket.receive()
        } catch {
            // Interrupted or closing: the loop comes back.
            return nil
        }
    }

    /// Actions run strictly in the order in which the machine made them, for frames are numbered: what a completion
    /// causes comes after what is already due.
    private func perform(_ new: [UpstreamAction<PendingBatch>]) {
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
        tellReadiness()
    }

    private func perform(_ action: UpstreamAction<PendingBatch>) {
        switch action {
        case .send(let peer, let frame):
            send(frame, to: peer, payload: nil)
        case .sendBatch(let peer, let frame, let item, let partitions):
            sendBatch(frame, to: peer, item, partitions)
        case .settle(let item, let outcome):
            item.completion(outcome)
        }
    }

    private func sendBatch(
        _ frame: PipeFrame, to peer: PeerIdentity, _ item: PendingBatch, _ partitions: Set<Partition>
    ) {
        guard machine.isCurrent(frame, for: peer) else { return }
        do {
            send(frame, to: peer, payload: try item.batch.payload(of: partitions))
        } catch {
            guard case .batch(let header) = frame.kind else { return }
            // Its number is spent, and the worker must not see a gap.
            send(PipeFrame(session: frame.session, number: frame.number, .heartbeat), to: peer, payload: nil)
            actions += machine.fail(delivery: header.delivery, reason: "\(error)", now: .now)
        }
    }

    private func send(_ frame: PipeFrame, to peer: PeerIdentity, payload: [UInt8]?) {
        do {
            let bytes = try FrameCodec.encode(frame)
            let parts = payload.map { [peer.bytes, bytes, $0] } ?? [peer.bytes, bytes]
            if try socket.send(parts) { return }
        } catch {
            // As with a peer that is gone: whatever it is, this worker cannot be reached.
        }
        if machine.isCurrent(frame, for: peer) { actions += machine.unreachable(peer, now: .now) }
    }

    private func tellReadiness() {
        if machine.isIdle {
            for drainer in drainers { drainer.finish(true) }
            drainers = []
        }
        let ready = machine.canAccept
        let turnsReady = ready && !wasReady
        // Before the call: what it sends comes back here.
        wasReady = ready
        if turnsReady { onReady?() }
    }
}

/// A batch and whom to tell.
struct PendingBatch: PipeItem {
    let batch: OutgoingBatch
    let completion: @IOThread (DeliveryOutcome) -> Void

    init(_ batch: OutgoingBatch, _ completion: @escaping @IOThread (DeliveryOutcome) -> Void) {
        self.batch = batch
        self.completion = completion
    }

    var identity: BatchIdentity { batch.identity }
    var lowWater: UInt64 { batch.lowWater }
    var partitions: [Partition] { batch.partitions }
    func weight(of partitions: Set<Partition>) -> Int { batch.weight(of: partitions) }
    func prepare(_ shares: [Set<Partition>]) { batch.prepare(shares) }
}
