internal import Model

/// A forest over all sensors of a device, with what is known of the moments that it judges.
final class DeviceForest: LearntForest, Sendable {
    typealias Window = DeviceWindow

    /// Over value and change of each sensor, in the order of the device's, and time of day.
    let forest: CalibratedForest
    /// How many sensors.
    let sensors: Int
    /// Of each sensor, values that are usual.
    let expected: [ClosedRange<Double>]
    /// Of each sensor, values from the least to the greatest that was learnt; empty for one that no tree looks at.
    let samples: [[Float]]
    /// Some of the moments that were learnt, one after another, a value a sensor; none of a model from a file.
    private let moments: [Float]
    private static let sampleCount = 16
    /// Sensors, of those that are unknown, of which more values are tried than these moments have.
    private static let mostSearched = 8

    init(learning window: DeviceWindow, _ configuration: IsolationForestDetector.Configuration) {
        sensors = window.sensors
        // A window of some hours ends before most times of day begin: each would then look odd.
        let columns = window.minutes.spanADay ? nil : Array(0..<(2 * sensors))
        forest = CalibratedForest(
            // Nobody asks the features of a forest that is grown here for their names.
            points: window.points, featureNames: Array(repeating: "", count: 2 * sensors + 2), columns: columns,
            configuration)
        let values = (0..<sensors).map(window.values)
        expected = values.map(configuration.contamination.usual)
        samples = values.map { Self.sample($0.sorted()) }
        moments = Self.places(in: window.count).flatMap { moment in values.map { $0[moment] } }
    }

    /// Takes a model, whose features may be some of those that its sensors have, in any order.
    ///
    /// - Throws: ``ForestFlaw`` when a feature is none.
    init(model: IsolationForest, of sensors: [ExactText]) throws(ForestFlaw) {
        forest = CalibratedForest(model: try model.over(DeviceFeature.names(of: sensors)))
        self.sensors = sensors.count
        let thresholds = sensors.indices.map { [forest] in forest.thresholds(of: 2 * $0) }
        let furthest = Double.greatestFiniteMagnitude
        expected = thresholds.map {
            max($0.first.map(Double.init) ?? -furthest, -furthest)...($0.last.map(Double.init) ?? furthest)
        }
        samples = thresholds.map(Self.sample)
        moments = []
    }

    var tolerance: Double { forest.tolerance }

    /// Gives the sensors of which nothing is known learnt values, without a change, that go best with the others: any other would make
    /// an oddity of what is only not known.
    ///
    /// They begin at one learnt moment, since they may go with each other, too; then each is looked at by itself. At most 144 moments are scored.
    ///
    /// - Parameters:
    ///   - unknown: a bit a sensor.
    ///   - features: of the moment, all but these sensors'.
    func fill(_ unknown: UInt64, in features: UnsafeMutableBufferPointer<Float>) {
        guard unknown != 0 else { return }
        let columns = (0..<sensors).filter { unknown & (1 << UInt64($0)) != 0 }
        for column in columns { features[2 * column + 1] = 0 }
        var score = takeBestMoment(columns, features)
        for column in columns.prefix(Self.mostSearched) { score = improve(column, from: score, features) }
    }

    private func takeBestMoment(_ columns: [Int], _ features: UnsafeMutableBufferPointer<Float>) -> Double {
        func take(_ start: Int) { for column in columns { features[2 * column] = moments[start + column] } }
        var best = (score: -Double.infinity, start: 0)
        let starts = stride(from: 0, to: moments.count, by: max(1, sensors))
        for start in starts {
            take(start)
            let score = forest.score(UnsafeBufferPointer(features))
            if score > best.score { best = (score, start) }
        }
        if best.score > -.infinity { take(best.start) }
        return best.score
    }

    private func improve(_ column: Int, from score: Double, _ features: UnsafeMutableBufferPointer<Float>) -> Double {
        var best = (score: score, value: features[2 * column])
        for value in samples[column] {
            features[2 * column] = value
            let score = forest.score(UnsafeBufferPointer(features))
            if score > best.score { best = (score, value) }
        }
        features[2 * column] = best.value
        return best.score
    }

    private static func sample(_ sorted: [Float]) -> [Float] { places(in: sorted.count).map { sorted[$0] } }

    /// Evenly spread.
    private static func places(in count: Int) -> [Int] {
        guard count > sampleCount else { return Array(0..<count) }
        return (0..<sampleCount).map { (2 * $0 + 1) * count / (2 * sampleCount) }
    }
}

/// How a model's file names what it wants of a device.
enum DeviceFeature {
    private static let value = "value:"
    private static let change = "change:"
    private static let time = ["time_of_day_sin", "time_of_day_cos"]

    static func names(of sensors: [ExactText]) -> [String] {
        sensors.flatMap { [value + $0.text, change + $0.text] } + time
    }

    /// The sensors that are named, in the order of their first feature.
    ///
    /// - Throws: ``ForestFlaw`` for what is no feature, and for more or fewer sensors than a device can have.
    static func sensors(of names: [String]) throws(ForestFlaw) -> [ExactText] {
        var sensors: [ExactText] = []
        for name in names where !time.contains(name) {
            guard let kind = [value, change].first(where: name.hasPrefix) else {
                throw ForestFlaw(
                    """
                    the model wants the feature \(name); of a device there are value:SENSOR, change:SENSOR, \
                    \(time.joined(separator: ", "))
                    """)
            }
            let sensor = ExactText(String(name.dropFirst(kind.count)))
            if !sensors.contains(sensor) { sensors.append(sensor) }
        }
        guard (1...DeviceVector.mostSensors).contains(sensors.count) else {
            throw ForestFlaw("the model is over \(sensors.count) sensors; 1 to \(DeviceVector.mostSensors) can be")
        }
        return sensors
    }
}
