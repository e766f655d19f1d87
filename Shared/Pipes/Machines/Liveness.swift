/// When a peer was last heard, and when it must hear from us.
struct Liveness {
    private(set) var lastHeard: ContinuousClock.Instant
    private var lastSpoken: ContinuousClock.Instant

    init(now: ContinuousClock.Instant) {
        lastHeard = now
        lastSpoken = now
    }

    mutating func heard(at now: ContinuousClock.Instant) { lastHeard = max(lastHeard, now) }

    /// A stall of our own is not the peer's silence: what it said meanwhile still waits to be read.
    mutating func forgive(_ stall: Duration) { lastHeard += stall }

    func isSilent(for limit: Duration, at now: ContinuousClock.Instant) -> Bool {
        now - lastHeard >= limit
    }

    /// Whether a heartbeat is due; if so, counts it as spoken.
    mutating func mustSpeak(every interval: Duration, at now: ContinuousClock.Instant) -> Bool {
        guard now - lastSpoken >= interval else { return false }
        lastSpoken = now
        return true
    }
}

/// Notices when the process itself did not run, by the time between two ticks.
struct StallDetector {
    private var lastTick: ContinuousClock.Instant?

    /// - Returns: how long the process stalled before this tick; zero when ticks come as they should.
    mutating func tick(_ now: ContinuousClock.Instant, expectedWithin interval: Duration) -> Duration {
        defer { lastTick = now }
        guard let lastTick, now - lastTick > interval else { return .zero }
        return now - lastTick
    }
}
