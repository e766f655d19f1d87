/// Mean and standard deviation of a few figures.
public struct Spread: Hashable, Sendable {
    public let mean: Double
    /// Of a sample: n − 1 in the denominator; 0 for a single figure.
    public let deviation: Double

    /// - Precondition: there is one at least.
    public init(_ figures: [Double]) {
        precondition(!figures.isEmpty, "nothing has no mean")
        let mean = figures.reduce(0, +) / Double(figures.count)
        let squares = figures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.mean = mean
        deviation = figures.count > 1 ? (squares / Double(figures.count - 1)).squareRoot() : 0
    }
}
