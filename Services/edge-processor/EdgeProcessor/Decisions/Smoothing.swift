internal import Filters

/// What becomes of the raw values of a sensor type, from the tenth reading on. Before, the processed value is the raw
/// one.
public enum Smoothing: Sendable, Hashable {
    case none
    /// A Butterworth low-pass applied forwards and backwards over the buffer, as SciPy's `butter` and `filtfilt`; the
    /// last value of the result.
    ///
    /// `filtfilt` needs more than 3 · (order + 1) values, 13 of them for order 3: with fewer, the processed value is
    /// the raw one. So it is when a value in the buffer is so large that the filter leaves the range of a double.
    ///
    /// `order` is 1…8, `cutoff` a fraction of half the sampling rate, between 0 and 1.
    case lowPass(order: Int, cutoff: Double)
    case meanOfLast5
    case medianOfLast3

    /// A sentence about what cannot be computed; nil when all can.
    func problem(bufferCapacity: Int) -> String? {
        guard case .lowPass(let order, let cutoff) = self else { return nil }
        guard (1...8).contains(order) else { return "the order of a low-pass is 1…8, not \(order)" }
        guard cutoff > 0, cutoff < 1 else { return "the cutoff of a low-pass is between 0 and 1, not \(cutoff)" }
        let filter = TransferFunction.butterworthLowPass(order: order, cutoff: cutoff)
        guard bufferCapacity > filter.padding else {
            return "a low-pass of order \(order) needs a buffer of more than \(filter.padding), not \(bufferCapacity)"
        }
        guard abs(filter.gainAtZero - 1) < 1e-6 else {
            return
                "a low-pass of order \(order) with cutoff \(cutoff) needs more digits than there are; lower the order"
        }
        return nil
    }
}
