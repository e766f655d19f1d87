internal import Glibc
internal import Model

/// What a forest reads of one reading; also the form in which windows and checkpoints keep it.
struct ForestReading: Equatable {
    static let featureNames = ["value", "change", "time_of_day_sin", "time_of_day_cos"]
    private static let minutesOfDay: Int32 = 24 * 60

    /// In the unit of the series.
    var value: Float
    /// From the reading before; 0 for the first. Taken before rounding, so that a small change of a large value counts.
    var change: Float
    /// Since 1970 UTC, rounded down.
    var minute: Int32

    /// What is too large for a single is the largest, so that checkpoints hold numbers only.
    init(value: Double, change: Double, time: Timestamp) {
        self.init(
            value: Float(value).bounded, change: Float(change).bounded,
            minute: Int32(clamping: time.microseconds.flooredQuotient(60_000_000)))
    }

    init(value: Float, change: Float, minute: Int32) {
        self.value = value
        self.change = change
        self.minute = minute
    }

    /// 0..<1440.
    var minuteOfDay: Int32 {
        let rest = minute % Self.minutesOfDay
        return rest < 0 ? rest + Self.minutesOfDay : rest
    }

    /// In the order of ``featureNames``. Time of day is a place on a circle, so that midnight is next to 23:59.
    func write(to features: UnsafeMutableBufferPointer<Float>) {
        let angle = 2 * Double.pi * Double(minuteOfDay) / Double(Self.minutesOfDay)
        features[0] = value
        features[1] = change
        features[2] = Float(sin(angle))
        features[3] = Float(cos(angle))
    }

    /// `14:05`.
    var clock: String {
        let (hours, minutes) = minuteOfDay.quotientAndRemainder(dividingBy: 60)
        return "\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
    }
}

extension Float {
    fileprivate var bounded: Float { Swift.min(Swift.max(self, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) }
}

extension [ForestReading] {
    /// One after another, as forests are grown on.
    var points: [Float] {
        let width = ForestReading.featureNames.count
        return [Float](unsafeUninitializedCapacity: count * width) { features, written in
            features.initialize(repeating: 0)
            for (index, reading) in enumerated() {
                reading.write(
                    to: UnsafeMutableBufferPointer(rebasing: features[(index * width)..<((index + 1) * width)]))
            }
            written = count * width
        }
    }

    /// Whether they tell what is usual at which time of day.
    var spanADay: Bool {
        guard let first = self.min(by: { $0.minute < $1.minute }), let last = self.max(by: { $0.minute < $1.minute })
        else { return false }
        return Int64(last.minute) - Int64(first.minute) >= 24 * 60
    }
}
