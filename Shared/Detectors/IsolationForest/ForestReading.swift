internal import Glibc
internal import Model

/// What a forest reads of one reading; also the form in which windows and checkpoints keep it.
struct ForestReading: Equatable {
    static let featureNames = ["value", "change", "time_of_day_sin", "time_of_day_cos"]

    /// In the unit of the series.
    var value: Float
    /// From the reading before; 0 for the first. Taken before rounding, so that a small change of a large value counts.
    var change: Float
    /// Since 1970 UTC, rounded down.
    var minute: Int32

    /// What is too large for a single is the largest, so that checkpoints hold numbers only.
    init(value: Double, change: Double, time: Timestamp) {
        self.init(
            value: Float(value).bounded, change: Float(change).bounded, minute: time.minute)
    }

    init(value: Float, change: Float, minute: Int32) {
        self.value = value
        self.change = change
        self.minute = minute
    }

    /// In the order of ``featureNames``.
    func write(to features: UnsafeMutableBufferPointer<Float>) {
        features[0] = value
        features[1] = change
        TimeOfDay(minute: minute).write(to: features, at: 2)
    }

    /// `14:05`.
    var clock: String { TimeOfDay(minute: minute).clock }
}

/// UTC, in whole minutes.
struct TimeOfDay {
    private static let minutesOfDay: Int32 = 24 * 60
    /// 0..<1440.
    private let minute: Int32

    /// - Parameter minute: since 1970.
    init(minute: Int32) {
        let rest = minute % Self.minutesOfDay
        self.minute = rest < 0 ? rest + Self.minutesOfDay : rest
    }

    /// Two features, a place on a circle, so that midnight is next to 23:59.
    func write(to features: UnsafeMutableBufferPointer<Float>, at place: Int) {
        let angle = 2 * Double.pi * Double(minute) / Double(Self.minutesOfDay)
        features[place] = Float(sin(angle))
        features[place + 1] = Float(cos(angle))
    }

    /// `14:05`.
    var clock: String {
        let (hours, minutes) = minute.quotientAndRemainder(dividingBy: 60)
        return "\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
    }
}

extension Timestamp {
    /// Since 1970 UTC, rounded down.
    var minute: Int32 { Int32(clamping: microseconds.flooredQuotient(60_000_000)) }
}

extension Float {
    var bounded: Float { Swift.min(Swift.max(self, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) }
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
        map(\.minute).spanADay
    }
}

extension [Int32] {
    /// Whether these minutes since 1970 do.
    var spanADay: Bool {
        guard let first = self.min(), let last = self.max() else { return false }
        return Int64(last) - Int64(first) >= 24 * 60
    }
}
