/// A forest with what is known of the readings that it judges.
final class SeriesForest: LearntForest, Sendable {
    /// Over ``ForestReading/featureNames``.
    let forest: CalibratedForest
    /// Values that are usual.
    let expected: ClosedRange<Double>

    /// - Parameter readings: at least one.
    init(learning readings: [ForestReading], _ configuration: IsolationForestDetector.Configuration) {
        // A window of some hours ends before most times of day begin: each would then look odd.
        let columns = readings.spanADay ? nil : [0, 1]
        forest = CalibratedForest(
            points: readings.points, featureNames: ForestReading.featureNames, columns: columns, configuration)
        expected = configuration.contamination.usual(readings.map(\.value))
    }

    /// Takes a model, whose features may be some of those that there are, in any order.
    ///
    /// - Throws: ``ForestFlaw`` when it wants another one.
    init(model: IsolationForest) throws(ForestFlaw) {
        forest = CalibratedForest(model: try model.over(ForestReading.featureNames))
        let splits = forest.thresholds(of: 0).map(Double.init)
        let furthest = Double.greatestFiniteMagnitude
        expected = max(splits.first ?? -furthest, -furthest)...(splits.last ?? furthest)
    }

    var tolerance: Double { forest.tolerance }

    /// A reading is an anomaly when its score is below.
    var offset: Double { forest.offset }
}

extension IsolationForest.Contamination {
    /// - Parameter values: of readings that were learnt; not empty.
    func usual(_ values: [Float]) -> ClosedRange<Double> {
        let values = values.map(\.asWritten).sorted()
        guard case .share(let share) = self else { return values.quantile(0)...values.quantile(1) }
        return values.quantile(share / 2)...values.quantile(1 - share / 2)
    }
}

extension Float {
    /// By way of text, so that 19.9 stays 19.9.
    var asWritten: Double { Double(description) ?? Double(self) }
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
}
