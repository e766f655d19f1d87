/// The last value of `filtfilt` over a sliding window, in a time that does not depend on the window's length.
///
/// That value is linear in the window, and the window is long: as a dot product it would cost a multiplication for
/// every value in it. But the backward pass has only `padding` + 1 steps to take from the end to the last value, so
/// the last value depends on the window through a few numbers alone: the state that the forward pass has *before the
/// newest value*, and the newest `padding` + 1 values. The state is carried from reading to reading:
///
/// - While the window grows, by one step of the filter.
/// - When it slides, by that step and a correction, for the forward pass begins one value later now. The correction
///   is linear in the value that was dropped and the `padding` + 1 oldest.
///
/// Rounding does not accumulate: the filter is stable, so that each error dies away like any other input; and
/// whenever the window has been filled anew, the state is replaced by one that was built from the values in the
/// window alone. What a value in the window does to precision it does in SciPy too; after it has left, it may for as
/// many readings again, below 10⁻²⁰ of its size for order 3, cutoff 0.1 and 100 values.
public struct SlidingFiltfilt: Sendable {
    private let filter: TransferFunction
    private let weights: FiltfiltWeights
    /// Of the forward pass over the window, before its newest value. Meaningless until there are enough values.
    private var state: [Double]
    /// Of a forward pass that began with 0, `freshCount` values ago.
    private var fresh: [Double]
    private var freshCount = 0
    private var seen = 0

    /// - Precondition: `capacity`, that of the window, is above the filter's padding.
    public init(_ filter: TransferFunction, capacity: Int) {
        self.filter = filter
        weights = FiltfiltWeights(filter, capacity: capacity)
        state = [Double](repeating: 0, count: filter.order)
        fresh = state
    }

    /// To be called after each append to the window.
    ///
    /// - Returns: The last value of `filtfilt` over the window; nil as long as there are no more than
    ///   ``TransferFunction/padding`` values, and when it is no finite number (values near the largest double).
    public mutating func advance(over window: SlidingWindow) -> Double? {
        seen += 1
        precondition(
            seen == window.appended && window.capacity == weights.capacity, "not the window, or not each value")
        let dropped = window.dropped
        return window.withValues { values in
            if values.count > 1 { move(over: values, dropped) }
            guard values.count > weights.padding else { return nil }
            let result = weights.result(state, values)
            return result.isFinite ? result : nil
        }
    }

    /// Takes the state to before the newest of `values`.
    private mutating func move(over values: UnsafeBufferPointer<Double>, _ dropped: Double?) {
        let arrived = values[values.count - 2]
        filter.step(arrived, &fresh)
        freshCount += 1
        if freshCount == values.count - 1, values.count == weights.capacity || values.count == weights.padding + 1 {
            weights.begin(values, fresh, &state)
        } else {
            filter.step(arrived, &state)
            if let dropped { weights.slide(dropped, values, &state) }
        }
        guard freshCount == weights.capacity - 1 else { return }
        for index in fresh.indices { fresh[index] = 0 }
        freshCount = 0
    }
}
