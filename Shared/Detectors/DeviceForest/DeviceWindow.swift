/// Moments of a device that a forest is grown on: value and change of each sensor, and the minute.
struct DeviceWindow: ForestWindow, Equatable {
    typealias Forest = DeviceForest

    struct Row {
        /// Value and change of each sensor.
        var pairs: UnsafeBufferPointer<Float>
        /// Since 1970 UTC.
        var minute: Int32
    }

    /// Of each moment.
    private(set) var sensors = 0
    /// Moment by moment, value and change of each sensor.
    private(set) var pairs: [Float] = []
    private(set) var minutes: [Int32] = []

    init() {}

    /// - Precondition: a pair for each sensor and minute.
    init(sensors: Int, pairs: [Float], minutes: [Int32]) {
        precondition(pairs.count == 2 * sensors * minutes.count)
        (self.sensors, self.pairs, self.minutes) = (sensors, pairs, minutes)
    }

    var count: Int { minutes.count }
    var lastMinute: Int32? { minutes.last }
    static func minute(of row: Row) -> Int32 { row.minute }

    /// A moment with another number of sensors than those before begins a new window.
    mutating func append(_ row: Row) {
        if row.pairs.count != 2 * sensors {
            self = DeviceWindow()
            sensors = row.pairs.count / 2
        }
        pairs.append(contentsOf: row.pairs)
        minutes.append(row.minute)
    }

    /// The values of one sensor.
    func values(_ sensor: Int) -> [Float] {
        minutes.indices.map { pairs[2 * (sensors * $0 + sensor)] }
    }

    /// One after another, as forests are grown on.
    var points: [Float] {
        let width = 2 * sensors + 2
        return [Float](unsafeUninitializedCapacity: count * width) { features, written in
            features.initialize(repeating: 0)
            for row in minutes.indices {
                let point = UnsafeMutableBufferPointer(rebasing: features[(row * width)..<((row + 1) * width)])
                for place in 0..<(2 * sensors) { point[place] = pairs[row * 2 * sensors + place] }
                TimeOfDay(minute: minutes[row]).write(to: point, at: 2 * sensors)
            }
            written = count * width
        }
    }
}
