internal import Detectors
internal import Glibc
internal import Model

/// How long this instance is usually without a reading of anybody.
struct StreamPulse {
    enum Beat {
        case usual
        /// Nothing had come for so long that nobody was to blame alone.
        case afterSilence
    }

    private static let warmUp = 20
    private static let minimum = Duration.seconds(10)
    private static let decay = exp2(-1.0 / 1_000)

    private(set) var last: ContinuousClock.Instant?
    private var longest = Duration.zero
    private var gaps = 0

    /// Longer is too long; nil while that is not known.
    func limit(_ configuration: MissingReadings.Configuration) -> Duration? {
        gaps >= Self.warmUp ? max(Self.minimum, configuration.minimum, longest * configuration.factor) : nil
    }

    mutating func beat(at now: ContinuousClock.Instant) -> Beat {
        defer { last = now }
        guard let last, now > last else { return .usual }
        let gap = now - last
        guard gap <= max(Self.minimum, longest * 3) || gaps < Self.warmUp else {
            // Learnt in part, so that a stream that has become slow is one alert some times, and not for ever.
            longest = longest * 2
            return .afterSilence
        }
        longest = max(longest * Self.decay, gap)
        gaps = min(gaps + 1, Self.warmUp)
        return .usual
    }
}
