extension IsolationForest {
    /// How trees are grown.
    public struct Growth: Hashable, Sendable {
        public var trees = 100
        /// Points that each tree is grown on, drawn anew for each without putting back; all, when there are fewer.
        /// Times the trees, below 8 million.
        public var samples = 256
        /// The same seed and points give the same forest.
        public var seed: UInt64 = 42

        public init() {}

        func check() {
            precondition((1...1_000_000).contains(trees) && (1...1_000_000).contains(samples), "\(self)")
            precondition(2 * trees * samples <= Node.largestIndex, "\(trees) trees of \(samples) samples are too large")
        }
    }

    /// Which points count as anomalies.
    public enum Contamination: Hashable, Sendable {
        /// The paper's: offset −0.5.
        case auto
        /// 0…0.5: so many of the points that the forest is grown on lie below the offset.
        case share(Double)

        /// As scikit-learn's `offset_`.
        ///
        /// - Parameter scores: of the points that the forest was grown on.
        func offset(_ scores: [Double]) -> Double {
            switch self {
            case .auto: -0.5
            case .share(let share): scores.sorted().quantile(share)
            }
        }
    }

    /// Grows trees: a random feature and a random place between the least and the greatest value that a node has of it,
    /// until a node has one point or ceil(log2 samples) splits lead to it.
    ///
    /// The same way as scikit-learn, but other random numbers. Source: algorithms 1 and 2 of the paper.
    ///
    /// - Parameters:
    ///   - points: one after another, a number a feature.
    ///   - columns: the features to split on; nil for all.
    /// - Precondition: at least one point, 1 to 256 features; trees × samples below 8 million.
    public init(
        points: [Float], featureNames: [String], columns: [Int]? = nil, _ growth: Growth = Growth(),
        contamination: Contamination = .auto
    ) {
        growth.check()
        precondition((1...Node.largestFeature + 1).contains(featureNames.count), "\(featureNames.count) features")
        precondition(
            !points.isEmpty && points.count % featureNames.count == 0, "\(points.count) numbers are not points")
        var grower = TreeGrower(points, columns ?? Array(featureNames.indices), growth, width: featureNames.count)
        for _ in 0..<growth.trees { grower.growTree() }
        self.init(grower.builder, featureNames: featureNames, samplesPerTree: grower.samples, offset: -0.5)
        if contamination != .auto { offset = contamination.offset(scores(points)) }
    }

    /// Of points one after another, a number a feature.
    func scores(_ points: [Float]) -> [Double] {
        let width = featureNames.count
        return points.withUnsafeBufferPointer { points in
            stride(from: 0, to: points.count, by: width).map {
                score(UnsafeBufferPointer(rebasing: points[$0..<($0 + width)]))
            }
        }
    }
}

extension [Double] {
    /// As NumPy's `percentile`: between two of them, linear.
    ///
    /// - Precondition: sorted, not empty.
    func quantile(_ share: Double) -> Double {
        let place = Double(count - 1) * Swift.min(Swift.max(share, 0), 1)
        let below = Int(place)
        let above = Swift.min(below + 1, count - 1)
        return self[below] + (self[above] - self[below]) * (place - Double(below))
    }
}
