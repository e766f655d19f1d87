/// The constants of ``SlidingFiltfilt``. Each is what a unit input leads to, found by running the filter over it.
///
/// With A and B for what a step does to the state (s ← A s + B x), S for the state that the extension before the
/// window leads to, linear in the `padding` + 1 oldest values x₀ … xₚ, and n for the window's length, the state
/// before the newest value is
///
///     s = Aⁿ⁻¹ S(x₀ … xₚ) + Σ Aⁿ⁻²⁻ʲ B xⱼ    (j = 0 … n − 2)
///
/// and the same over the window one value later is
///
///     s′ = A s + B xₙ₋₁ + Aⁿ⁻¹ (S(x₁ … xₚ₊₁) − A S(x₀ … xₚ) − B x₀).
final class FiltfiltWeights: Sendable {
    let capacity: Int
    let padding: Int
    /// Aⁿ⁻¹ S for the shortest window and for the full one: a row for each value of the state.
    private let shortest: [Double]
    private let full: [Double]
    /// The last term of s′, in x₀ … xₚ₊₁.
    private let sliding: [Double]
    /// Of the last value, in the state and in the newest `padding` + 1 values.
    private let ofState: [Double]
    private let ofNewest: [Double]

    init(_ filter: TransferFunction, capacity: Int) {
        let padding = filter.padding
        precondition(capacity > padding, "a window of \(capacity) does not exceed the filter's padding, \(padding)")
        let run = FiltfiltRun(filter: filter)
        self.capacity = capacity
        self.padding = padding
        shortest = matrix(columns: padding + 1) { run.decayed(run.begun($0), steps: padding) }
        full = matrix(columns: padding + 1) { run.decayed(run.begun($0), steps: capacity - 1) }
        sliding = matrix(columns: padding + 2) { run.decayed(run.shift($0), steps: capacity - 1) }
        let still = [Double](repeating: 0, count: padding + 1)
        ofState = units(filter.order).map { run.last($0, newest: still) }
        ofNewest = units(padding + 1).map { run.last([Double](repeating: 0, count: filter.order), newest: $0) }
    }

    /// s, for a window that is full or as short as it may be.
    ///
    /// - Parameter fresh: The sum in s, from a pass over all but the newest value that began with 0.
    func begin(_ values: UnsafeBufferPointer<Double>, _ fresh: [Double], _ state: inout [Double]) {
        let matrix = values.count == capacity ? full : shortest
        for index in state.indices {
            state[index] = fresh[index] + dot(matrix, from: index * (padding + 1), values, padding + 1)
        }
    }

    /// Adds the last term of s′.
    func slide(_ dropped: Double, _ values: UnsafeBufferPointer<Double>, _ state: inout [Double]) {
        for index in state.indices {
            let row = index * (padding + 2)
            state[index] += sliding[row] * dropped + dot(sliding, from: row + 1, values, padding + 1)
        }
    }

    /// The last value of `filtfilt` over `values`.
    func result(_ state: [Double], _ values: UnsafeBufferPointer<Double>) -> Double {
        let newest = UnsafeBufferPointer(rebasing: values.suffix(padding + 1))
        return state.withUnsafeBufferPointer { dot(ofState, from: 0, $0, $0.count) }
            + dot(ofNewest, from: 0, newest, padding + 1)
    }
}

/// Σ weights[start + j] · values[j] over `count` values.
@inline(__always)
private func dot(_ weights: [Double], from start: Int, _ values: UnsafeBufferPointer<Double>, _ count: Int) -> Double {
    weights.withUnsafeBufferPointer { weights in
        var sum = 0.0
        for index in 0..<count { sum += weights[start + index] * values[index] }
        return sum
    }
}

private func units(_ count: Int) -> [[Double]] {
    (0..<count).map { place in (0..<count).map { $0 == place ? 1 : 0 } }
}

/// The matrix of a linear map, row after row. What a long window leaves of its oldest values is denormal in the end,
/// which would cost a hundred times the time of 0 and be worth no more.
private func matrix(columns: Int, of map: ([Double]) -> [Double]) -> [Double] {
    let images = units(columns).map(map)
    return images[0].indices.flatMap { row in images.map { abs($0[row]) < 1e-100 ? 0 : $0[row] } }
}
