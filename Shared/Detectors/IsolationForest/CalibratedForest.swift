/// A forest with what is known of its scores.
struct CalibratedForest: Sendable {
    let forest: IsolationForest
    /// A score of an ordinary point: half of those learnt have a lower one.
    let ordinary: Double
    /// Of the points to come, the part that may be anomalies before the forest is out of date.
    let tolerance: Double
    /// Points that it was grown on; nil for a model from a file.
    let learnt: Int?

    /// Grows one.
    ///
    /// - Parameters:
    ///   - points: one after another, a number a feature; at least one.
    ///   - columns: the features to split on; nil for all.
    init(
        points: [Float], featureNames: [String], columns: [Int]?, _ configuration: IsolationForestDetector.Configuration
    ) {
        var forest = IsolationForest(
            points: points, featureNames: featureNames, columns: columns, configuration.growth)
        let scores = forest.scores(points).sorted()
        forest.offset = configuration.contamination.offset(scores)
        self.forest = forest
        ordinary = scores.quantile(0.5)
        let odd = scores.prefix { $0 < forest.offset }.count
        tolerance = min(max(0.05, 2 * Double(odd) / Double(scores.count)), 0.5)
        learnt = scores.count
    }

    init(model: IsolationForest) {
        forest = model
        ordinary = max(model.greatestScore, model.offset)
        tolerance = 1
        learnt = nil
    }

    /// What scores below is an anomaly.
    var offset: Double { forest.offset }

    func score(_ features: UnsafeBufferPointer<Float>) -> Double { forest.score(features) }

    /// 0 for what is ordinary, 1 from the threshold on: what `anomaly_score` shows.
    func share(of score: Double) -> Float {
        guard score >= forest.offset else { return 1 }
        guard ordinary > forest.offset else { return 0 }
        return Float(min(max((ordinary - score) / (ordinary - forest.offset), 0), 1))
    }

    /// The values at which trees split the feature, in order.
    func thresholds(of feature: Int) -> [Float] {
        forest.nodes.filter { !$0.isLeaf && $0.feature == feature }.map(\.threshold).sorted()
    }
}

extension IsolationForest {
    /// Of a point that ends in the deepest leaf of each tree.
    fileprivate var greatestScore: Double {
        let ends = roots.dropFirst().map(Int.init) + [nodes.count]
        let longest = zip(roots, ends).reduce(0) { sum, tree in
            sum + (nodes[Int(tree.0)..<tree.1].lazy.filter(\.isLeaf).map { pathLengths[$0.pathLength] }.max() ?? 0)
        }
        return score(totalPathLength: longest)
    }
}
