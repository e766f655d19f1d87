import Model

/// When a recorded reading is to be published.
enum ReplayPace: Sendable {
    /// As fast as the broker acknowledges.
    case unlimited
    /// So many readings a second.
    case rate(Double)
    /// So many times as fast as it was recorded.
    case speed(Double)

    /// - Parameters:
    ///   - index: of the reading in the run.
    ///   - elapsed: recorded time since the first reading; a recording may go back in time.
    func delay(index: Int, elapsed: Duration) -> Duration? {
        switch self {
        case .unlimited: nil
        case .rate(let rate): .seconds(Double(index) / rate)
        case .speed(let speed): max(elapsed, .zero) / speed
        }
    }
}
