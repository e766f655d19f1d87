import Foundation
import Model
import Testing

/// One series, the way things go wrong: by its own clock, as fast as it goes.
struct AlertScenario: CustomTestStringConvertible {
    let name: String
    let detectors: String
    /// Between two readings.
    let interval: Duration
    let values: [Double]
    /// Where something happens; the alert may not name an earlier reading, nor one so many later.
    let begins: Int
    let slack: Int

    var testDescription: String { name }

    static let batchSize = 10
    static let start = Timestamp(seconds: 1_727_100_800)

    func time(_ index: Int) -> Timestamp { Self.start.advanced(by: interval * index) }

    var batches: [[SyntheticReading]] {
        stride(from: 0, to: values.count, by: Self.batchSize).map { first in
            (first..<min(first + Self.batchSize, values.count)).map {
                SyntheticReading(device: "boiler", time: time($0), value: values[$0])
            }
        }
    }

    /// As the event id of a reading has it: which batch, and where in it.
    func index(ofEvent id: String) -> Int? {
        let parts = id.split(separator: "-")
        guard parts.count == 3, let sequence = Int(parts[1]), let position = Int(parts[2]) else { return nil }
        return (sequence - 1) * Self.batchSize + position
    }

    private static let usual = """
        - type: tailsum
          warm_up: 1000
        """

    static let step = AlertScenario(
        name: "a step change", detectors: usual, interval: .seconds(1),
        values: noise(1_500, around: 20, seed: 1) + noise(1_500, around: 26, seed: 2), begins: 1_500, slack: 10)

    /// So small a step that it takes dozens of readings to be one.
    static let creep = AlertScenario(
        name: "a small step", detectors: usual, interval: .seconds(1),
        values: noise(1_500, around: 20, seed: 10) + noise(1_500, around: 20.3, seed: 11), begins: 1_520, slack: 100)

    static let stuck = AlertScenario(
        name: "a stuck sensor", detectors: "- type: flat-line", interval: .seconds(1),
        values: noise(1_500, around: 20, seed: 3) + Array(repeating: 20.25, count: 500)
            + noise(900, around: 20, seed: 4), begins: 1_559, slack: 2)

    static let burst = AlertScenario(
        name: "a burst of noise", detectors: usual, interval: .seconds(1),
        values: noise(1_500, around: 20, seed: 5) + noise(60, around: 20, width: 60, seed: 6)
            + noise(1_500, around: 20, seed: 7), begins: 1_500, slack: 20)

    /// Fourteen minutes above the limit and fourteen below, ten times: longer than an alert is held.
    static let flapping = AlertScenario(
        name: "a flapping sensor",
        detectors: """
            - type: threshold
              above: 50
            """, interval: .seconds(10),
        values: noise(60, around: 40, seed: 8)
            + (0..<20).flatMap { noise(84, around: $0.isMultiple(of: 2) ? 60 : 40, seed: 9 + UInt64($0)) }
            + noise(400, around: 40, seed: 99), begins: 60, slack: 1)

    /// Evenly spread, so that it has no rare values of its own.
    private static func noise(_ count: Int, around level: Double, width: Double = 1, seed: UInt64) -> [Double] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in level + width * (random.unit() - 0.5) }
    }
}
