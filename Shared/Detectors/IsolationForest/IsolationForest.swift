internal import Glibc

/// Random trees that tell how easily a point is set apart from those that the trees were grown on: the fewer splits it
/// takes, the odder the point.
///
/// Source: F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation Forest", ICDM 2008. On the same trees, scores equal those of
/// scikit-learn's `IsolationForest` to 1e-9.
public struct IsolationForest: Hashable, Sendable {
    /// What the points consist of, in this order.
    public let featureNames: [String]
    /// How many points each tree was grown on; the paper's ψ.
    public let samplesPerTree: Int
    /// −1…0. A point is an anomaly when its score is below.
    public var offset: Double
    /// One tree after another, each node before its children and next to the left one.
    let nodes: [Node]
    let roots: [UInt32]
    /// What leaves point into: the splits that lead to a leaf, and those that its points would take beyond it.
    let pathLengths: [Double]
    /// Splits from a root to the deepest leaf.
    let depth: Int

    public var treeCount: Int { roots.count }

    init(_ builder: ForestBuilder, featureNames: [String], samplesPerTree: Int, offset: Double) {
        self.featureNames = featureNames
        self.samplesPerTree = samplesPerTree
        self.offset = offset
        // A copy has no room to grow; the builder's array has up to as much again.
        nodes = Array(builder.nodes[...])
        roots = builder.roots
        pathLengths = builder.pathLengths
        depth = builder.depth
    }

    /// The same trees over other features.
    init(_ other: IsolationForest, nodes: [Node], featureNames: [String]) {
        self.featureNames = featureNames
        samplesPerTree = other.samplesPerTree
        offset = other.offset
        self.nodes = nodes
        roots = other.roots
        pathLengths = other.pathLengths
        depth = other.depth
    }

    /// −2^(−E[h] / c(ψ)), as scikit-learn's `score_samples`: near −1 for what is isolated at once, about −0.5 or above
    /// for the rest. Allocates nothing.
    ///
    /// - Parameter features: one number a feature, in the order of ``featureNames``. They are rounded to single
    ///   precision, as scikit-learn does. One that is not a number goes to the right at each split.
    public func score(_ features: [Double]) -> Double {
        precondition(features.count == featureNames.count, "\(features.count) numbers for \(featureNames)")
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: features.count) { rounded in
            for index in features.indices { rounded.initializeElement(at: index, to: Float(features[index])) }
            return score(UnsafeBufferPointer(rounded))
        }
    }

    /// The same, of numbers that are rounded already.
    public func score(_ features: UnsafeBufferPointer<Float>) -> Double {
        precondition(features.count == featureNames.count, "\(features.count) numbers for \(featureNames)")
        return score(totalPathLength: totalPathLength(features))
    }

    /// - Parameter total: the sum over the trees.
    func score(totalPathLength total: Double) -> Double {
        let usual = Double(roots.count) * averagePathLength(of: samplesPerTree)
        // One point alone cannot be isolated any further; scikit-learn gives it half.
        return usual > 0 ? -exp2(-total / usual) : -0.5
    }

    /// Every walk has the same number of steps, for a leaf leads to itself, and no step branches. So nothing is
    /// mispredicted and the processor walks several trees at once: four times as fast as stopping at each leaf.
    private func totalPathLength(_ features: UnsafeBufferPointer<Float>) -> Double {
        nodes.withUnsafeBufferPointer { nodes in
            pathLengths.withUnsafeBufferPointer { pathLengths in
                var total = 0.0
                for root in roots {
                    var index = root
                    for _ in 0..<depth {
                        let node = nodes[Int(index)]
                        let isLeft: UInt32 = features[node.feature] <= node.threshold ? 1 : 0
                        // Arithmetic, since the compiler makes a branch of a choice.
                        let right = node.right
                        index = right ^ ((right ^ (index &+ 1)) & (0 &- isLeft))
                    }
                    total += pathLengths[nodes[Int(index)].pathLength]
                }
                return total
            }
        }
    }

    /// E[h]: the splits that isolate a point of this score, averaged over the trees.
    public func splits(ofScore score: Double) -> Double {
        -log2(-score) * averagePathLength(of: samplesPerTree)
    }
}

/// c(n): the splits that isolate one of `count` points on average, as scikit-learn's `_average_path_length`.
///
/// Source: equation 1 of the paper, the harmonic number approximated by ln(n − 1) + γ.
func averagePathLength(of count: Int) -> Double {
    guard count > 2 else { return count == 2 ? 1 : 0 }
    let rest = Double(count - 1)
    return 2 * (log(rest) + 0.5772156649015329) - 2 * rest / Double(count)
}
