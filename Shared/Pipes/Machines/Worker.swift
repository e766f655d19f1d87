internal import Wire

/// A downstream instance in one session, as the upstream sees it.
struct Worker {
    enum State: Equatable {
        case active
        /// It said GOODBYE: it finishes what it has.
        case draining
    }

    let peer: PeerIdentity
    let session: UInt64
    let stage: String
    let instance: String
    var state = State.active
    /// Readings that it will still take. A batch may overdraw it once.
    var credit: Int
    /// Weight and number of what it has not acked.
    var inFlight = 0
    var deliveries = 0
    var liveness: Liveness
    private var numbers = FrameNumbers()

    init(peer: PeerIdentity, session: UInt64, hello: PipeFrame.Hello, now: ContinuousClock.Instant) {
        self.peer = peer
        self.session = session
        stage = hello.stage
        instance = hello.instance
        credit = Int(clamping: hello.credit)
        liveness = Liveness(now: now)
    }

    var takesWork: Bool { state == .active }

    /// What its share of the partitions goes by: `2` of `preprocessor-2`. With instances that are numbered alike, each stage splits
    /// the readings in the same way, and a batch that was split for one need not be split again for the next.
    var key: Substring {
        let prefix = stage + "-"
        return instance.hasPrefix(prefix) ? instance.dropFirst(prefix.count) : instance[...]
    }

    mutating func frame(_ kind: PipeFrame.Kind) -> PipeFrame {
        PipeFrame(session: session, number: numbers.next(), kind)
    }

    mutating func grant(_ readings: UInt64) {
        let (sum, overflow) = credit.addingReportingOverflow(Int(clamping: readings))
        credit = overflow ? .max : sum
    }

    mutating func check(_ number: UInt64) -> FrameNumbers.Verdict { numbers.check(number) }
}

/// Both directions' frame numbers of one session.
struct FrameNumbers {
    enum Verdict {
        case next
        case duplicate
        /// Something between was lost.
        case gap
    }

    private var sent: UInt64 = 0
    private var received: UInt64 = 0

    mutating func next() -> UInt64 {
        sent += 1
        return sent
    }

    mutating func check(_ number: UInt64) -> Verdict {
        if number <= received { return .duplicate }
        guard number == received + 1 else { return .gap }
        received = number
        return .next
    }
}
