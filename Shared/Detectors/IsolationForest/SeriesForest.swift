/// A forest with what is known of the readings that it judges.
final class SeriesForest: Sendable {
    /// Over ``ForestReading/featureNames``.
    let forest: IsolationForest
    /// Values that are usual.
    let expected: ClosedRange<Double>
    /// A score of an ordinary reading: half of those learnt have a lower one.
    let ordinary: Double
    /// Of the readings to come, the part that may be anomalies before the forest is out of date.
    let tolerance: Double
    /// Readings that it was grown on; nil for a model from a file.
    let readings: Int?

    /// Grows one.
    ///
    /// - Parameter readings: at least one.
    init(learning readings: [ForestReading], _ configuration: IsolationForestDetector.Configuration) {
        let points = readings.points
        // A window of some hours ends before most times of day begin: each would then look odd.
        let columns = readings.spanADay ? nil : [0, 1]
        var forest = IsolationForest(
            points: points, featureNames: ForestReading.featureNames, columns: columns, configuration.growth)
        let scores = forest.scores(points).sorted()
        forest.offset = configuration.contamination.offset(scores)
        self.forest = forest
        ordinary = scores.quantile(0.5)
        expected = Self.usual(readings, configuration.contamination)
        let odd = scores.prefix { $0 < forest.offset }.count
        tolerance = min(max(0.05, 2 * Double(odd) / Double(scores.count)), 0.5)
        self.readings = readings.count
    }

    /// Takes a model, whose features may be some of those that there are, in any order.
    ///
    /// - Throws: ``ForestFlaw`` when it wants another one.
    init(model: IsolationForest) throws(ForestFlaw) {
        forest = try model.over(ForestReading.featureNames)
        let splits = forest.nodes.lazy.filter { !$0.isLeaf && $0.feature == 0 }.map { Double($0.threshold) }
        let furthest = Double.greatestFiniteMagnitude
        expected = max(splits.min() ?? -furthest, -furthest)...(splits.max() ?? furthest)
        ordinary = max(forest.greatestScore, forest.offset)
        tolerance = 1
        readings = nil
    }

    /// A reading is an anomaly when its score is below.
    var offset: Double { forest.offset }

    /// - Parameter features: of ``ForestReading/write(to:)``.
    func score(_ features: UnsafeBufferPointer<Float>) -> Double { forest.score(features) }

    /// 0 for an ordinary reading, 1 from the threshold on: what `anomaly_score` shows.
    func share(of score: Double) -> Float {
        guard score >= forest.offset else { return 1 }
        guard ordinary > forest.offset else { return 0 }
        return Float(min(max((ordinary - score) / (ordinary - forest.offset), 0), 1))
    }

    private static func usual(
        _ readings: [ForestReading], _ contamination: IsolationForest.Contamination
    ) -> ClosedRange<Double> {
        // By way of text, so that 19.9 stays 19.9.
        let values = readings.map { Double($0.value.description) ?? Double($0.value) }.sorted()
        guard case .share(let share) = contamination else { return values.quantile(0)...values.quantile(1) }
        return values.quantile(share / 2)...values.quantile(1 - share / 2)
    }
}

extension IsolationForest {
    /// The same forest for points that consist of other features, its own among them.
    func over(_ names: [String]) throws(ForestFlaw) -> IsolationForest {
        var places: [Int] = []
        for name in featureNames {
            guard let place = names.firstIndex(of: name) else {
                throw ForestFlaw("the model wants the feature \(name); there are \(names.joined(separator: ", "))")
            }
            places.append(place)
        }
        return IsolationForest(self, nodes: nodes.map { $0.on(feature: places[$0.feature]) }, featureNames: names)
    }

    /// Of a point that ends in the deepest leaf of each tree.
    fileprivate var greatestScore: Double {
        let ends = roots.dropFirst().map(Int.init) + [nodes.count]
        let longest = zip(roots, ends).reduce(0) { sum, tree in
            sum + (nodes[Int(tree.0)..<tree.1].lazy.filter(\.isLeaf).map { pathLengths[$0.pathLength] }.max() ?? 0)
        }
        return score(totalPathLength: longest)
    }
}
