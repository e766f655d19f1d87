internal import FoundationEssentials
internal import Glibc
public import Observability
public import Settings

/// Tells how full a spool is and where it is going, and how much its disk has left. A pure state machine.
public struct SpoolWatch: Sendable {
    /// Growth is a mean over so many seconds.
    private static let memory = 30.0
    private var last: (bytes: Int, at: ContinuousClock.Instant)?
    private var growth = 0.0
    /// Of what was seen in that time, 0 to 1.
    private var weight = 0.0

    public init() {}

    /// To be called now and then. At the limit it fails, or, where a spool then thins out what it holds, is degraded.
    public mutating func look(
        at bytes: Int, of limit: Int, at now: ContinuousClock.Instant, limits: HealthSettings,
        whenFull: HealthBoard.Status = .fail
    ) -> HealthVerdict {
        learn(bytes, now)
        let percent = limit > 0 ? bytes * 100 / limit : 0
        let used = "\(PlainText.bytes(bytes)) of \(PlainText.bytes(limit)) are in use (\(percent) %)"
        if bytes >= limit { return HealthVerdict(whenFull, used) }
        if percent >= limits.spoolWarning, let speed {
            let left = PlainText.time(.seconds(Double(limit - bytes) / speed))
            return HealthVerdict(.degraded, "\(used), growing by \(PlainText.bytes(Int(speed)))/s: full in \(left)")
        }
        return percent >= max(80, limits.spoolWarning) ? HealthVerdict(.degraded, used) : HealthVerdict(.ok, used)
    }

    private mutating func learn(_ bytes: Int, _ now: ContinuousClock.Instant) {
        defer { last = (bytes, now) }
        guard let last, now > last.at else { return }
        let elapsed = (now - last.at) / .seconds(1)
        let fading = exp(-elapsed / Self.memory)
        growth = growth * fading + Double(bytes - last.bytes) / elapsed * (1 - fading)
        weight = weight * fading + 1 - fading
    }

    /// Bytes a second; nil when it does not grow, and in the first seconds, in which a single batch would look like a flood.
    private var speed: Double? {
        guard weight > 0.15 else { return nil }
        let speed = (growth / weight).rounded()
        return speed >= 1 ? speed : nil
    }

    /// - Parameter free: nil when the disk does not say.
    public static func disk(free: Int?, minimum: Int, limits: HealthSettings) -> HealthVerdict {
        guard let free, free != .max else { return HealthVerdict(.ok, "the disk does not say what is free") }
        let sentence = "\(PlainText.bytes(free)) are free, \(PlainText.bytes(minimum)) must stay so"
        if free < minimum { return HealthVerdict(.fail, sentence) }
        return HealthVerdict(free < limits.diskWarning.bytes ? .degraded : .ok, sentence)
    }
}
