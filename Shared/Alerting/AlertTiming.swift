/// A policy as the machine compares it with each reading: whole microseconds and numbers that are in range.
struct AlertTiming: Hashable, Sendable {
    let isEvent: Bool
    let isAbsence: Bool
    let pendingFor: Int64
    let minBreaches: Int
    /// The bits of the last `ofReadings` readings.
    let window: UInt64
    let keepFiringFor: Int64
    /// Int64.max, in effect never, for an absence: it is what nothing heard means.
    let unheardFor: Int64
    let repeatInterval: Int64?
    let messageLimit: UInt8
    /// Int.max: never flapping.
    let flapChanges: Int
    let flapWindow: Int64
    /// While flapping, in place of `keepFiringFor`.
    let steadyFor: Int64

    init(_ policy: AlertPolicy) {
        isEvent = policy.kind == .event
        isAbsence = policy.kind == .absence
        pendingFor = policy.pendingFor.wholeMicroseconds
        minBreaches = min(max(policy.minBreaches, 1), 64)
        window = ~0 >> UInt64(64 - min(max(policy.ofReadings, minBreaches), 64))
        keepFiringFor = policy.keepFiringFor.wholeMicroseconds
        unheardFor = isAbsence ? .max : policy.unheardFor.wholeMicroseconds
        repeatInterval = policy.repeatInterval?.wholeMicroseconds
        messageLimit = UInt8(min(max(policy.messageLimit, 2), 255))
        flapChanges = policy.flapping.map { min(max($0.changes, 3), AlertMachine.changesKept) } ?? .max
        flapWindow = policy.flapping?.window.wholeMicroseconds ?? 0
        steadyFor = max(keepFiringFor, policy.flapping?.steadyFor.wholeMicroseconds ?? 0)
    }
}

extension Duration {
    /// 0 for what is negative, and as far as 64 bits go: a configured duration may be longer than there are times.
    var wholeMicroseconds: Int64 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let (whole, isBeyond) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return isBeyond ? .max : whole.plus(attoseconds / 1_000_000_000_000)
    }
}

extension Int64 {
    /// Saturating: peers may send the first and the last time there is.
    @inline(__always)
    func plus(_ other: Int64) -> Int64 {
        let (sum, isBeyond) = addingReportingOverflow(other)
        return isBeyond ? (other < 0 ? .min : .max) : sum
    }

    /// Saturating.
    @inline(__always)
    func minus(_ other: Int64) -> Int64 {
        let (difference, isBeyond) = subtractingReportingOverflow(other)
        return isBeyond ? (other < 0 ? .max : .min) : difference
    }
}
