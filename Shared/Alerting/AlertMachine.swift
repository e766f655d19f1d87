public import Model

/// The life of one fingerprint's alert: readings, ticks and people in, transitions out. Reads no clock and knows no randomness.
///
/// **Time.** Readings are compared by their own time (``AlertReading/time``). One that is older than the newest is late: it never moves
/// the state; a late breach can only make an alert that fires last longer. Silence is measured by the wall clock, from
/// when the series was last heard, and added to the newest reading's time: so an alert ends at the same moment, whenever the tick comes.
public struct AlertMachine: Hashable, Sendable {
    /// Changes that are remembered for flapping.
    static let changesKept = 64

    public let fingerprint: AlertFingerprint
    /// Empty before the first breach.
    public internal(set) var alertID = ""
    public internal(set) var state = AlertState.resolved
    public internal(set) var isFlapping = false
    /// What the anomaly said that made it open or fire.
    public internal(set) var why = ""
    /// The reading that made it open or fire.
    public internal(set) var subject = AlertSubject(time: Timestamp(microseconds: 0))
    public var policy: AlertPolicy { didSet { timing = AlertTiming(policy) } }
    var timing: AlertTiming

    /// Of the alert's last transition; 0 when there is none yet.
    var ordinal: UInt32 = 0
    /// What fires next is a new alert, though it be soon.
    var isSpent = true

    // Times of readings, µs.
    var newest = Int64.min
    var openedAt = Int64.min
    var lastBreach = Int64.min
    /// Since when readings are all breaches, or all not.
    var flippedAt = Int64.min
    /// Since when there are enough breaches among the last readings.
    var metSince: Int64?
    /// Into firing and into resolved, oldest first.
    var changes: [Int64] = []
    var isInBreach = false
    /// One bit a reading, the newest lowest: whether it was a breach.
    var recent: UInt64 = 0

    // Times of the wall clock, µs.
    var heardAt = Int64.min
    var toldAt = Int64.min
    var belief = Belief.nothing
    /// Messages so far.
    var told: UInt8 = 0
    /// What keeps back a message that people are owed while it fires.
    var owed: Suppression?

    public init(_ fingerprint: AlertFingerprint, policy: AlertPolicy) {
        self.fingerprint = fingerprint
        self.policy = policy
        timing = AlertTiming(policy)
    }

    /// Takes a reading in which the detector found nothing.
    @inline(__always)
    public mutating func take(clear reading: AlertReading, into transitions: inout [AlertTransition]) {
        let time = time(of: reading)
        heardAt = reading.now.microseconds
        guard time >= newest else { return }
        // A silence has lasted until now.
        if timing.isAbsence, isInBreach { lastBreach = time }
        note(time, isBreach: false)
        if state == .pending { return mayFade(time, &transitions) }
        if state.isActive, time.minus(lastBreach) >= hold { clear(time, &transitions) }
    }

    /// Takes a reading that the detector found anomalous.
    ///
    /// - Parameters:
    ///   - eventID: of the reading; looked at when it opens an alert, which it can do only while this one is resolved.
    ///   - subject: of the reading; looked at until the alert fires. Nil: nothing is known but its time.
    public mutating func take(
        _ anomaly: Anomaly, eventID: String, subject: AlertSubject? = nil, at reading: AlertReading,
        into transitions: inout [AlertTransition]
    ) {
        let time = time(of: reading)
        heardAt = reading.now.microseconds
        guard time >= newest else {
            if state.isActive { lastBreach = max(lastBreach, time) }
            return
        }
        note(time, isBreach: true)
        lastBreach = time
        if state.isActive { return maySteady(time, &transitions) }
        if state == .resolved { open(time, eventID) }
        self.subject = subject ?? AlertSubject(time: Timestamp(microseconds: time))
        self.subject.anomaly = anomaly
        rise(time, anomaly, &transitions)
    }

    @inline(__always)
    private func time(of reading: AlertReading) -> Int64 {
        timing.isAbsence ? reading.now.microseconds : reading.time.microseconds
    }

    @inline(__always)
    private mutating func note(_ time: Int64, isBreach: Bool) {
        if isBreach != isInBreach { flippedAt = time }
        isInBreach = isBreach
        newest = time
        recent = recent << 1 | (isBreach ? 1 : 0)
    }

    /// Without a breach for so long, it is over.
    @inline(__always)
    var hold: Int64 { isFlapping ? timing.steadyFor : timing.keepFiringFor }

    /// Nothing is left to remember.
    var isOver: Bool { isOver(at: newest) }

    func isOver(at time: Int64) -> Bool {
        guard state == .resolved else { return false }
        return changes.last.map { time.minus($0) >= timing.flapWindow } ?? true
    }
}
