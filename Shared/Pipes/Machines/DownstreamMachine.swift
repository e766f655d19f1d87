internal import Model
public import Wire

/// What a ``DownstreamMachine`` wants done, in this order.
public enum DownstreamAction: Hashable, Sendable {
    case send(PipeFrame)
    /// The batch whose payload came with the frame. `session` goes back with ``DownstreamMachine/ack(_:session:)``.
    case deliver(PipeFrame.BatchHeader, session: UInt64)
    case changed(LinkState)
}

/// The downstream side of one link of a pipe: sessions, credit, and what is open.
///
/// No input or output of its own, like ``UpstreamMachine``.
public struct DownstreamMachine {
    public typealias Action = DownstreamAction

    public let configuration: DownstreamConfiguration
    public private(set) var state = LinkState.connecting
    /// The instance that answered, once one has.
    public private(set) var upstream: String?
    /// Weights of what is delivered in this session and not settled.
    public private(set) var open: [UInt64: UInt32] = [:]
    /// Sessions that ended because the upstream fell silent or a frame was lost.
    public private(set) var losses = 0

    private var session: UInt64
    private var numbers = FrameNumbers()
    private var liveness: Liveness
    private var stalls = StallDetector()
    private var heartbeatInterval: Duration
    private var nextHello: ContinuousClock.Instant
    private let newSession: () -> UInt64

    /// - Parameter newSession: gives greater numbers with each call, in this process and after its restart.
    public init(
        _ configuration: DownstreamConfiguration, now: ContinuousClock.Instant, newSession: @escaping () -> UInt64
    ) {
        self.configuration = configuration
        self.newSession = newSession
        session = newSession()
        liveness = Liveness(now: now)
        heartbeatInterval = configuration.heartbeatInterval
        nextHello = now
    }

    // MARK: Frames

    /// Handles one frame. Frames of other sessions and duplicates change nothing.
    public mutating func receive(_ frame: PipeFrame, now: ContinuousClock.Instant) -> [Action] {
        guard frame.session == session, state != .drained else { return [] }
        switch frame.kind {
        case .welcome(let welcome): return receive(welcome, now: now)
        case .goodbye(let goodbye): return receive(goodbye, now: now)
        default: break
        }
        guard state != .connecting || frame.number == 0 else {
            // WELCOME was lost on the way.
            return restart(now: now)
        }
        guard state == .live || state == .draining else { return [] }
        liveness.heard(at: now)
        switch numbers.check(frame.number) {
        case .next: return receive(frame.kind)
        case .duplicate: return []
        case .gap: return lose(now: now)
        }
    }

    private mutating func receive(_ kind: PipeFrame.Kind) -> [Action] {
        guard case .batch(let header) = kind else { return [] }
        open[header.delivery] = header.weight
        return [.deliver(header, session: session)]
    }

    private mutating func receive(_ welcome: PipeFrame.Welcome, now: ContinuousClock.Instant) -> [Action] {
        guard state == .connecting else { return [] }
        if let mismatch = mismatch(welcome) {
            let farewell = PipeFrame(session: session, .goodbye(.init(.incompatible, mismatch)))
            return [.send(farewell)] + refuse(mismatch, now: now)
        }
        upstream = welcome.instance
        heartbeatInterval = max(welcome.heartbeatInterval, .milliseconds(10))
        liveness = Liveness(now: now)
        state = .live
        return [.changed(state)]
    }

    private func mismatch(_ welcome: PipeFrame.Welcome) -> String? {
        guard welcome.version.isReadable else {
            return "\(configuration.instance) speaks \(WireVersion.current), \(welcome.instance) speaks "
                + "\(welcome.version): update the older one"
        }
        guard welcome.partitions == UInt32(configuration.partitions.rawValue) else {
            return "\(welcome.instance) has \(welcome.partitions) partitions, \(configuration.instance) "
                + "\(configuration.partitions.rawValue): all services must be configured with the same number"
        }
        return nil
    }

    private mutating func receive(_ goodbye: PipeFrame.Goodbye, now: ContinuousClock.Instant) -> [Action] {
        if state == .draining { return finish() }
        switch goodbye.reason {
        case .unknownSession, .unspecified: return lose(now: now)
        case .incompatible: return refuse(goodbye.detail, now: now)
        case .replaced: return rest(.replaced, until: now + heartbeatInterval * configuration.missedHeartbeats)
        // It closes: what it sent and we have not acked, it will send again when it is back.
        case .draining: return rest(.connecting, until: now + heartbeatInterval)
        }
    }

    // MARK: What the stage says

    /// Done for good. Unknown deliveries, and those of an ended session, are ignored: they will come again.
    public mutating func ack(_ delivery: UInt64, session: UInt64) -> [Action] {
        settle(delivery, session, .ack(deliveries: [delivery]))
    }

    /// Given back.
    public mutating func nack(_ delivery: UInt64, session: UInt64, _ refusal: Refusal) -> [Action] {
        settle(delivery, session, .nack(deliveries: [delivery], refusal))
    }

    private mutating func settle(_ delivery: UInt64, _ session: UInt64, _ kind: PipeFrame.Kind) -> [Action] {
        guard session == self.session, let weight = open.removeValue(forKey: delivery) else { return [] }
        let settled = frame(kind)
        guard state == .live else { return [.send(settled)] }
        return [.send(settled), .send(frame(.credit(readings: UInt64(weight))))]
    }

    /// Nothing new, please. `drained` follows when all is settled.
    public mutating func drain() -> [Action] {
        guard state != .drained, state != .draining else { return [] }
        guard state == .live else { return finish() }
        state = .draining
        return [farewell, .changed(state)]
    }

    private var farewell: Action {
        .send(PipeFrame(session: session, .goodbye(.init(.draining, "\(configuration.instance) is draining"))))
    }

    // MARK: Time

    /// Call several times an interval: HELLO, heartbeats, and the upstream's death.
    public mutating func tick(_ now: ContinuousClock.Instant) -> [Action] {
        liveness.forgive(stalls.tick(now, expectedWithin: heartbeatInterval))
        switch state {
        case .drained: return []
        case .connecting: return now >= nextHello ? [hello(now: now)] : []
        case .refused, .replaced: return now >= nextHello ? restart(now: now) : []
        case .live, .draining: return tickSession(now)
        }
    }

    private mutating func tickSession(_ now: ContinuousClock.Instant) -> [Action] {
        if liveness.isSilent(for: heartbeatInterval * configuration.missedHeartbeats, at: now) {
            return state == .draining ? finish() : lose(now: now)
        }
        guard liveness.mustSpeak(every: heartbeatInterval, at: now) else { return [] }
        // A GOODBYE has no number, so nobody would miss it: it is said until it is answered.
        return state == .draining ? [farewell, .send(frame(.heartbeat))] : [.send(frame(.heartbeat))]
    }

    /// The transport could not send: with a bounded queue that is full, or without a connection.
    public mutating func sendFailed(now: ContinuousClock.Instant) -> [Action] {
        switch state {
        case .live: lose(now: now)
        case .draining: finish()
        case .connecting, .drained, .refused, .replaced: []
        }
    }

    // MARK: Sessions

    private mutating func hello(now: ContinuousClock.Instant) -> Action {
        nextHello = now + configuration.helloInterval
        let hello = PipeFrame.Hello(
            stage: configuration.stage, instance: configuration.instance, credit: UInt64(configuration.credit))
        return .send(PipeFrame(session: session, .hello(hello)))
    }

    /// The session is broken; what was open in it comes again in another.
    private mutating func lose(now: ContinuousClock.Instant) -> [Action] {
        if state == .draining { return finish() }
        losses += 1
        return restart(now: now)
    }

    private mutating func restart(now: ContinuousClock.Instant) -> [Action] {
        beginSession()
        state = .connecting
        return [.changed(state), hello(now: now)]
    }

    private mutating func beginSession() {
        session = newSession()
        numbers = FrameNumbers()
        open = [:]
    }

    private mutating func rest(_ state: LinkState, until time: ContinuousClock.Instant) -> [Action] {
        beginSession()
        self.state = state
        nextHello = time
        return [.changed(state)]
    }

    private mutating func refuse(_ reason: String, now: ContinuousClock.Instant) -> [Action] {
        rest(.refused(reason), until: now + configuration.restAfterRefusal)
    }

    private mutating func finish() -> [Action] {
        state = .drained
        open = [:]
        return [.changed(state)]
    }

    private mutating func frame(_ kind: PipeFrame.Kind) -> PipeFrame {
        PipeFrame(session: session, number: numbers.next(), kind)
    }
}
