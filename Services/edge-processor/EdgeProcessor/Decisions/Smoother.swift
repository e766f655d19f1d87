internal import Filters

/// A ``Smoothing`` at work on one series.
struct Smoother {
    /// Readings before the first that is smoothed, and that one.
    static let warmUp = 10

    private let smoothing: Smoothing
    private var lowPass: SlidingFiltfilt?

    init(_ smoothing: Smoothing, bufferCapacity: Int) {
        self.smoothing = smoothing
        guard case .lowPass(let order, let cutoff) = smoothing else { return }
        lowPass = SlidingFiltfilt(.butterworthLowPass(order: order, cutoff: cutoff), capacity: bufferCapacity)
    }

    /// What becomes of the newest value of the window; nil when it stays as it is. To be called after each append.
    mutating func smoothed(_ window: SlidingWindow) -> Double? {
        // The low-pass follows every value, long before its result counts.
        let lowPassed = lowPass?.advance(over: window)
        guard window.count >= Self.warmUp else { return nil }
        return switch smoothing {
        case .none: nil
        case .lowPass: lowPassed
        case .meanOfLast5: window.mean(ofLast: 5)
        case .medianOfLast3: window.medianOfLast3
        }
    }
}
