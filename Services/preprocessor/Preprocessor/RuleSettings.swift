internal import Settings

/// The rules that are compiled in, as `type` in `preprocessor.rules`. One of another kind is a case here and in
/// ``RuleSettings``, and a line in ``ProcessorList``.
public enum RuleKind: String, CaseIterable, Sendable {
    case range
    case location
}

/// One entry of `preprocessor.rules`.
public enum RuleSettings: Sendable, Equatable {
    case range(RangeSettings)
    case location

    init(from reader: SettingsReader) {
        switch reader.choice("type", default: RuleKind.range, "Which rule this is.", reload: .hot) {
        case .range: self = .range(RangeSettings(from: reader))
        case .location: self = .location
        }
    }

    /// When the file names none: the rules of the system that Sluice replaces (°C, % and hPa), and then the location.
    static let standard = [
        RuleSettings.range(RangeSettings(sensor: "temperature", range: -50...150, action: .reject)),
        .range(RangeSettings(sensor: "humidity", range: 0...100, action: .clamp)),
        .range(RangeSettings(sensor: "pressure", range: 800...1_200, action: .reject)),
        .location,
    ]
}

/// An entry of type `range`: the values that a sensor type may have.
public struct RangeSettings: Sendable, Equatable {
    public let sensor: String
    /// Infinite where the file sets no end.
    public let range: ClosedRange<Double>
    let action: RangeRule.Action

    init(sensor: String, range: ClosedRange<Double>, action: RangeRule.Action) {
        self.sensor = sensor
        self.range = range
        self.action = action
    }

    init(from reader: SettingsReader) {
        sensor = reader.requiredString("sensor", "The sensor type that the rule is for; `*` for all.", reload: .hot)
        let low = reader.double(
            "min", "The smallest value that is allowed; without one there is no lower end.", reload: .hot)
        let high = reader.double(
            "max", "The largest value that is allowed; without one there is no upper end.", reload: .hot)
        action = reader.choice(
            "outside", default: .reject, "What becomes of other values: `reject` (dead letter) or `clamp`.",
            reload: .hot)
        if low == nil, high == nil {
            reader.reject("sensor", "the rule has neither min nor max", suggestion: "add min or max")
        }
        let lowest = low ?? -.infinity
        let highest = high ?? .infinity
        if lowest > highest { reader.reject("min", "min \(lowest) is above max \(highest)") }
        range = lowest <= highest ? lowest...highest : lowest...lowest
    }
}
