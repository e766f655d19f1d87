internal import Model

/// An odd moment of a device, for people.
struct DeviceFinding {
    /// The sensor whose value goes least with the others, and what would.
    struct Culprit {
        var column: Int
        var expected: ClosedRange<Double>
    }

    private static let mostNamed = 4

    var vector: DeviceVector
    /// Of the reading that made the moment whole.
    var column: Int
    var clock: String
    /// Of the forest, below zero.
    var score: Double
    var culprit: Culprit
    /// Whether anomalies are now so many that the device is learnt anew.
    var endsForest: Bool

    /// Score and threshold are the paper's, above zero. What is expected is so of the reading's own sensor.
    func anomaly(row: Int, detector: String, _ forest: DeviceForest) -> Anomaly {
        let expected = column == culprit.column ? culprit.expected : forest.expected(of: column)
        return Anomaly(
            row: UInt32(row), detector: detector, score: -score, threshold: -forest.forest.offset,
            expectedLow: expected.lowerBound, expectedHigh: expected.upperBound, why: why(forest))
    }

    private func why(_ forest: DeviceForest) -> String {
        let change = (vector.latest[culprit.column] - vector.before[culprit.column]).shortened
        var why = """
            \(text(culprit.column)) (change \(change))\(others(forest)) at \(clock) UTC, where \(expectation), is isolated \
            after \(forest.forest.comparison(of: score, learnt: "moments of the device"))
            """
        if endsForest { why += "; after so many anomalies the device is learnt anew" }
        return why
    }

    private var expectation: String {
        let (low, high) = (culprit.expected.lowerBound.shortened, culprit.expected.upperBound.shortened)
        return low == high ? "about \(low) is expected" : "\(low) to \(high) is expected"
    }

    private func others(_ forest: DeviceForest) -> String {
        let others = (0..<forest.sensors).filter { $0 != culprit.column }
        guard !others.isEmpty else { return "" }
        let named = others.prefix(Self.mostNamed).map(text).joined(separator: ", ")
        let rest = others.count - Self.mostNamed
        return " beside \(named)" + (rest > 0 ? " and \(rest) more" : "")
    }

    private func text(_ column: Int) -> String {
        "\(vector.sensors[column].text) \(vector.latest[column].shortened)"
    }
}

extension DeviceForest {
    /// Anything, of a sensor that joined since the forest was grown.
    fileprivate func expected(of column: Int) -> ClosedRange<Double> {
        column < sensors ? expected[column] : -.greatestFiniteMagnitude ... .greatestFiniteMagnitude
    }

    /// The sensor that makes the moment odd: with another value of it, out of those learnt, the moment is the least odd.
    ///
    /// - Parameter features: of the moment; as before when this returns.
    func culprit(_ features: UnsafeMutableBufferPointer<Float>) -> DeviceFinding.Culprit {
        var best = (score: -Double.infinity, culprit: DeviceFinding.Culprit(column: 0, expected: expected[0]))
        for column in 0..<sensors {
            let pair = (features[2 * column], features[2 * column + 1])
            let scores = samples[column].map { value in
                (features[2 * column], features[2 * column + 1]) = (value, 0)
                return forest.score(UnsafeBufferPointer(features))
            }
            (features[2 * column], features[2 * column + 1]) = pair
            guard let top = scores.max(), top > best.score else { continue }
            best = (top, DeviceFinding.Culprit(column: column, expected: fitting(column, scores, top)))
        }
        return best.culprit
    }

    /// The values with which the moment would be ordinary; where none is, the best one.
    private func fitting(_ column: Int, _ scores: [Double], _ top: Double) -> ClosedRange<Double> {
        let bar = min(top, forest.offset)
        let values = zip(samples[column], scores).filter { $0.1 >= bar }.map(\.0.asWritten)
        return (values.min() ?? expected[column].lowerBound)...(values.max() ?? expected[column].upperBound)
    }
}
