internal import Model
public import Wire

// Frames from downstream, and what they do to the set of workers.
extension UpstreamMachine {
    /// Handles one frame. Duplicates, stale sessions and unknown deliveries change nothing.
    public mutating func receive(
        _ frame: PipeFrame, from peer: PeerIdentity, now: ContinuousClock.Instant
    ) -> [Action] {
        if case .hello(let hello) = frame.kind { return receive(hello, frame.session, from: peer, now: now) }
        guard let worker = workers[peer] else { return stranger(frame, peer) }
        guard frame.session == worker.session else { return [] }
        workers[peer]?.liveness.heard(at: now)
        if case .goodbye(let goodbye) = frame.kind { return receive(goodbye, from: peer, now: now) }
        switch workers[peer]?.check(frame.number) {
        case .next: return receive(frame.kind, from: peer, now: now)
        case .gap: return endSession(worker, detail: "a frame before number \(frame.number) was lost", now: now)
        case .duplicate, nil: return []
        }
    }

    private mutating func receive(
        _ kind: PipeFrame.Kind, from peer: PeerIdentity, now: ContinuousClock.Instant
    ) -> [Action] {
        switch kind {
        case .ack(let deliveries): return settle(deliveries, of: peer, refusal: nil, now: now)
        case .nack(let deliveries, .refused(let reason)):
            return settle(deliveries, of: peer, refusal: reason, now: now)
        case .nack(let deliveries, .retry(let delay, _)): return giveBack(deliveries, of: peer, after: delay, now: now)
        case .credit(let readings):
            workers[peer]?.grant(readings)
            return dispatch(now: now)
        // The upstream's own words have no meaning from a worker.
        case .heartbeat, .hello, .welcome, .batch, .goodbye: return []
        }
    }

    private func stranger(_ frame: PipeFrame, _ peer: PeerIdentity) -> [Action] {
        if case .goodbye = frame.kind { return [] }
        return [goodbye(.unknownSession, "say HELLO first", frame.session, peer)]
    }

    // MARK: HELLO and GOODBYE

    private mutating func receive(
        _ hello: PipeFrame.Hello, _ session: UInt64, from peer: PeerIdentity, now: ContinuousClock.Instant
    ) -> [Action] {
        guard hello.version.isReadable else {
            let detail =
                "\(configuration.instance) speaks \(WireVersion.current), "
                + "\(hello.instance) speaks \(hello.version): update the older one"
            return [goodbye(.incompatible, detail, session, peer)]
        }
        if let known = workers[peer] {
            if known.session == session { return [welcome(session, peer)] }
            if known.session > session { return [] }
            return forget(peer) + admit(hello, session, peer, now)
        }
        return admit(hello, session, peer, now)
    }

    private mutating func admit(
        _ hello: PipeFrame.Hello, _ session: UInt64, _ peer: PeerIdentity, _ now: ContinuousClock.Instant
    ) -> [Action] {
        var actions: [Action] = []
        for other in workers.values where other.instance == hello.instance {
            if other.session > session {
                return [goodbye(.replaced, "\(hello.instance) has a newer connection", session, peer)]
            }
            if other.peer != peer {
                actions.append(
                    goodbye(.replaced, "\(hello.instance) has a newer connection", other.session, other.peer))
            }
            actions += forget(other.peer)
        }
        if let ended = endedSessions[peer], ended >= session {
            // A HELLO that was still on its way when we gave the session up: its numbers cannot start again.
            return actions + [goodbye(.unknownSession, "this session has ended", session, peer)]
        }
        workers[peer] = Worker(peer: peer, session: session, hello: hello, now: now)
        actions.append(welcome(session, peer))
        reassign()
        return actions + dispatch(now: now)
    }

    private mutating func receive(
        _ goodbye: PipeFrame.Goodbye, from peer: PeerIdentity, now: ContinuousClock.Instant
    ) -> [Action] {
        guard goodbye.reason == .draining else { return remove(peer, now: now) }
        workers[peer]?.state = .draining
        reassign()
        return finishDraining(peer) + dispatch(now: now)
    }

    /// A draining worker that holds nothing is told so, and forgotten.
    private mutating func finishDraining(_ peer: PeerIdentity) -> [Action] {
        guard let worker = workers[peer], worker.state == .draining, worker.deliveries == 0 else { return [] }
        endSession(of: peer)
        return [goodbye(.draining, "nothing is open", worker.session, peer)]
    }

    private mutating func endSession(_ worker: Worker, detail: String, now: ContinuousClock.Instant) -> [Action] {
        [goodbye(.unknownSession, detail, worker.session, worker.peer)] + remove(worker.peer, now: now)
    }

    private func welcome(_ session: UInt64, _ peer: PeerIdentity) -> Action {
        let welcome = PipeFrame.Welcome(
            instance: configuration.instance, partitions: UInt32(configuration.partitions.rawValue),
            heartbeatInterval: configuration.heartbeatInterval)
        return .send(peer, PipeFrame(session: session, .welcome(welcome)))
    }

    private func goodbye(
        _ reason: PipeFrame.Goodbye.Reason, _ detail: String, _ session: UInt64, _ peer: PeerIdentity
    ) -> Action {
        .send(peer, PipeFrame(session: session, .goodbye(.init(reason, detail))))
    }

    // MARK: Settling

    private mutating func settle(
        _ deliveries: [UInt64], of peer: PeerIdentity, refusal: String?, now: ContinuousClock.Instant
    ) -> [Action] {
        var actions: [Action] = []
        for delivery in deliveries {
            guard let part = inFlight[delivery], part.peer == peer else { continue }
            actions += settle(part, refusal: refusal)
        }
        return actions + finishDraining(peer) + dispatch(now: now)
    }

    mutating func settle(_ part: InFlightPart, refusal: String?) -> [Action] {
        release(part)
        counters.settled(part.weight, refused: refusal != nil)
        guard let entry = queue.settled(part, refusal: refusal) else { return [] }
        return [.settle(entry.item, entry.refusal.map { .refused(reason: $0) } ?? .acknowledged)]
    }

    private mutating func giveBack(
        _ deliveries: [UInt64], of peer: PeerIdentity, after delay: Duration, now: ContinuousClock.Instant
    ) -> [Action] {
        var actions: [Action] = []
        for delivery in deliveries {
            guard let part = inFlight[delivery], part.peer == peer else { continue }
            actions += giveBack(part, notBefore: now + delay)
        }
        return actions + finishDraining(peer) + dispatch(now: now)
    }

    private mutating func giveBack(_ part: InFlightPart, notBefore: ContinuousClock.Instant?) -> [Action] {
        release(part)
        guard configuration.assignment == .anyWorker else {
            queue.givenBack(part, notBefore: notBefore)
            return []
        }
        return queue.settled(part, refusal: nil).map { [.settle($0.item, .abandoned)] } ?? []
    }

    private mutating func release(_ part: InFlightPart) {
        inFlight[part.delivery] = nil
        table.settled(part.partitions)
        workers[part.peer]?.inFlight -= part.weight
        workers[part.peer]?.deliveries -= 1
    }

    // MARK: Departures

    /// Its parts go back to the queue, at their old places, and from there to the new owners.
    mutating func remove(_ peer: PeerIdentity, now: ContinuousClock.Instant) -> [Action] {
        guard workers[peer] != nil else { return [] }
        let actions = forget(peer)
        reassign()
        return actions + dispatch(now: now)
    }

    private mutating func forget(_ peer: PeerIdentity) -> [Action] {
        let held = inFlight.values.filter { $0.peer == peer }.sorted { $0.delivery < $1.delivery }
        let actions = held.flatMap { giveBack($0, notBefore: nil) }
        endSession(of: peer)
        return actions
    }

    private mutating func endSession(of peer: PeerIdentity) {
        guard let worker = workers.removeValue(forKey: peer) else { return }
        // It matters for moments only, so the bound may be coarse.
        if endedSessions.count >= 4_096 { endedSessions = [:] }
        endedSessions[peer] = worker.session
    }

    private mutating func reassign() {
        let active = workers.values.filter(\.takesWork).sorted { $0.instance < $1.instance }
        table.assign(to: active.map { ($0.peer, $0.instance, $0.key) })
    }
}
