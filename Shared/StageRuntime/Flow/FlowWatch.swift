public import Observability
public import Settings

/// What a service knows of its flow at one moment. Readings, or whatever it counts in.
public struct FlowSample: Hashable, Sendable {
    /// Come in, ever.
    public var arrived: Int
    /// Done for good, ever: acknowledged downstream, or committed.
    public var done: Int
    /// Come in, and not done.
    public var waiting: Int
    /// Whether anything can come: connected, subscribed.
    public var isListening: Bool

    public init(arrived: Int, done: Int, waiting: Int, isListening: Bool) {
        self.arrived = arrived
        self.done = done
        self.waiting = waiting
        self.isListening = isListening
    }
}

public struct HealthVerdict: Hashable, Sendable {
    public var status: HealthBoard.Status
    public var detail: String

    public init(_ status: HealthBoard.Status, _ detail: String = "") {
        self.status = status
        self.detail = detail
    }
}

/// Tells whether readings flow, whatever the connections say. A pure state machine.
///
/// Work that waits and does not move is the service's own trouble, or that of those behind it: it fails. That nothing comes may
/// have its cause outside, and is told of by what is usual: the rate and the longest gap that were learnt while readings flowed.
public struct FlowWatch: Sendable {
    public enum Silence: Sendable {
        /// Somebody above says what it means.
        case degrades
        /// Nobody above would: where readings enter Sluice.
        case fails
    }

    /// The usual gaps that a silence must outlast.
    private static let patience = 3.0
    /// Looks that lie further apart were no looks: the process itself was stopped.
    private static let longestBlink = Duration.seconds(5)

    private let unit: String
    private let verb: String
    private let silence: Silence
    private var last: (sample: FlowSample, at: ContinuousClock.Instant)?
    private var heardAt: ContinuousClock.Instant?
    private var movedAt: ContinuousClock.Instant?
    private var doneAt: ContinuousClock.Instant?
    private var arrivals = LearntRate()
    private var settlements = LearntRate()

    /// - Parameters:
    ///   - unit: what is counted, as in "readings".
    ///   - verb: what is done to them, as in "acknowledged".
    public init(unit: String = "readings", verb: String = "acknowledged", silence: Silence = .degrades) {
        self.unit = unit
        self.verb = verb
        self.silence = silence
    }

    /// To be called about once a second, or more often.
    ///
    /// - Parameter culprit: who is waited for, if that is known, to end the sentence of a stall.
    public mutating func look(
        _ sample: FlowSample, at now: ContinuousClock.Instant, limits: HealthSettings, culprit: String? = nil
    ) -> HealthVerdict {
        if let last, now - last.at > Self.longestBlink { awake(now) }
        hear(sample, now, limits)
        settle(sample, now)
        last = (sample, now)
        let stalled = movedAt.map { now - $0 } ?? .zero
        if sample.waiting > 0, stalled >= limits.stallAfter {
            return HealthVerdict(.fail, stall(of: sample.waiting, for: stalled, culprit))
        }
        return verdict(onSilence: heardAt.map { now - $0 } ?? .zero, limits)
    }

    /// Nobody else is to blame for the time in which this process stood still.
    private mutating func awake(_ now: ContinuousClock.Instant) {
        (movedAt, doneAt) = (now, nil)
        if heardAt != nil { heardAt = now }
    }

    private mutating func hear(_ sample: FlowSample, _ now: ContinuousClock.Instant, _ limits: HealthSettings) {
        let news = sample.arrived - (last?.sample.arrived ?? sample.arrived)
        if news > 0 {
            if let heardAt { learn(news, after: now - heardAt, limits) }
            heardAt = now
        } else if !sample.isListening, heardAt != nil {
            // What cannot come is not missed.
            heardAt = now
        }
    }

    private mutating func learn(_ news: Int, after gap: Duration, _ limits: HealthSettings) {
        let limit = patience(limits)
        if arrivals.isLearnt, gap >= limit {
            arrivals.endedSilence(of: gap, atMost: limit * 2)
        } else if gap < limits.forgetAfter {
            arrivals.took(news, after: gap)
        }
    }

    private mutating func settle(_ sample: FlowSample, _ now: ContinuousClock.Instant) {
        let news = sample.done - (last?.sample.done ?? sample.done)
        if news != 0 || sample.waiting == 0 || movedAt == nil { movedAt = now }
        guard news > 0 else { return }
        if let doneAt { settlements.took(news, after: now - doneAt) }
        doneAt = now
    }

    private func patience(_ limits: HealthSettings) -> Duration {
        max(limits.silenceAfter, arrivals.longestGap * Self.patience)
    }

    private mutating func verdict(onSilence length: Duration, _ limits: HealthSettings) -> HealthVerdict {
        guard arrivals.isLearnt else { return HealthVerdict(.ok) }
        let patience = patience(limits)
        if length < patience { return HealthVerdict(.ok, "usually \(PlainText.rate(arrivals.perSecond))") }
        if length >= max(limits.forgetAfter, patience * 2) {
            // What comes next is a beginning, and this time no gap.
            (arrivals, heardAt) = (LearntRate(), nil)
            return HealthVerdict(.ok, "nothing has come for \(PlainText.time(length)): taken for a quiet time")
        }
        let sentence =
            "nothing has come for \(PlainText.time(length)); usually \(PlainText.rate(arrivals.perSecond))"
        guard silence == .fails, let limit = limits.silenceFailsAfter, length >= max(limit, patience * 2) else {
            return HealthVerdict(.degraded, sentence)
        }
        return HealthVerdict(.fail, sentence)
    }

    private func stall(of waiting: Int, for time: Duration, _ culprit: String?) -> String {
        let noun = waiting == 1 && unit.hasSuffix("s") ? String(unit.dropLast()) : unit
        var parts = [
            "\(PlainText.count(waiting)) \(noun) \(waiting == 1 ? "waits" : "wait") and none was \(verb) for \(PlainText.time(time))"
        ]
        if settlements.isLearnt { parts.append("usually \(PlainText.rate(settlements.perSecond))") }
        if let culprit { parts.append(culprit) }
        return parts.joined(separator: "; ")
    }
}
