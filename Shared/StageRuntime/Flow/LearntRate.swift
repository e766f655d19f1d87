internal import FoundationEssentials
internal import Glibc

/// How many readings a second usually come, and how long they usually let us wait. Learnt from the time that they flow.
struct LearntRate: Sendable {
    /// Over so much flowing time; what was before fades.
    private static let memory = 300.0
    /// A long gap is remembered longer than a rate.
    private static let gapMemory = 3_600.0
    /// Flowing time after which the rate is more than a guess.
    private static let apprenticeship = 60.0

    private var readings = 0.0
    private var seconds = 0.0
    private var gap = 0.0

    /// - Parameter gap: since those before.
    mutating func took(_ count: Int, after gap: Duration) {
        let elapsed = gap / .seconds(1)
        guard elapsed > 0 else { return }
        // An exponential mean of a rate that is constant between two moments, without the bias of its first ones.
        let fading = exp(-elapsed / Self.memory)
        let weight = Self.memory * (1 - fading)
        readings = readings * fading + Double(count) / elapsed * weight
        seconds = seconds * fading + weight
        self.gap = max(elapsed, self.gap * exp(-elapsed / Self.gapMemory))
    }

    /// Readings came after a silence that was called one. It is no flow, but another of that length is no news.
    mutating func endedSilence(of length: Duration, atMost limit: Duration) {
        gap = max(gap, min(length, limit) / .seconds(1))
    }

    var isLearnt: Bool { seconds >= Self.apprenticeship }
    var perSecond: Double { seconds > 0 ? readings / seconds : 0 }
    var longestGap: Duration { .seconds(gap) }
}
