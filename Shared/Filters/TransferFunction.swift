/// A recursive digital filter, H(z) = Σ b[k] z⁻ᵏ / Σ a[k] z⁻ᵏ with a[0] = 1.
public struct TransferFunction: Sendable, Hashable {
    /// b, as long as `denominator`.
    public let numerator: [Double]
    /// a, of which the first is 1.
    public let denominator: [Double]

    /// - Precondition: both have the same length, at least 2, and the denominator begins with 1.
    public init(numerator: [Double], denominator: [Double]) {
        precondition(numerator.count == denominator.count && denominator.count > 1 && denominator[0] == 1)
        self.numerator = numerator
        self.denominator = denominator
    }

    /// The number of values that the filter remembers.
    public var order: Int { denominator.count - 1 }

    /// What a constant 1 becomes in the end.
    public var gainAtZero: Double { numerator.reduce(0, +) / denominator.reduce(0, +) }

    /// The state in which a constant 1 already has become ``gainAtZero``, as `scipy.signal.lfilter_zi` gives it.
    ///
    /// In that state each step leaves the state as it is: s[i] = b[i+1] + s[i+1] − a[i+1] · gain, solved from the
    /// end.
    public var steadyState: [Double] {
        let gain = gainAtZero
        var state = [Double](repeating: 0, count: order)
        var sum = 0.0
        for index in stride(from: order, to: 0, by: -1) {
            sum += numerator[index] - denominator[index] * gain
            state[index - 1] = sum
        }
        return state
    }

    /// One step of the transposed direct form II, the form that SciPy's `lfilter` has.
    ///
    /// - Parameter state: ``order`` values; 0 for a filter that has seen nothing.
    /// - Returns: What becomes of `value`.
    @discardableResult
    public func step(_ value: Double, _ state: inout [Double]) -> Double {
        let output = numerator[0] * value + state[0]
        let last = state.count - 1
        for index in 0..<last {
            state[index] = numerator[index + 1] * value + state[index + 1] - denominator[index + 1] * output
        }
        state[last] = numerator[last + 1] * value - denominator[last + 1] * output
        return output
    }
}
