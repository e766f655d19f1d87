internal import Model

/// The newest value of each sensor of a device, and when these are a moment that can be judged.
///
/// A *moment* is made of readings of different sensors that were measured within a time of each other (``Pace/moment``). A sensor
/// that speaks a second time begins the next one, and so does a reading from another time. A moment is whole when all sensors have
/// spoken that did in both moments before it. So of sensors that speak together no mixture of new and old values is judged, one that speaks
/// seldom is not waited for, and one that falls silent is waited for once.
struct DeviceVector: Equatable {
    struct Pace: Hashable, Sendable {
        /// In µs.
        var moment: UInt64
        /// In µs.
        var staleAfter: UInt64
    }

    /// A bit each.
    static let mostSensors = 64

    private(set) var sensors: [ExactText] = []
    /// In the unit of the sensor.
    private(set) var latest: [Double] = []
    /// What ``latest`` was in the moment that was judged before.
    private(set) var before: [Double] = []
    /// When it was measured, in µs since 1970 UTC.
    private(set) var measuredAt: [Int64] = []
    /// Those with a value: all but some of a model's.
    private(set) var heard: UInt64 = 0
    /// Those of which ``before`` is known.
    private var moved: UInt64 = 0
    /// Those that have spoken in the current moment, in the one before it, and in the one before that.
    private(set) var speakers: [UInt64] = [0, 0, 0]
    /// Of the current moment, in µs since 1970 UTC.
    private(set) var start: Int64 = 0

    init() {}

    /// - Parameter sensors: no more than ``mostSensors``.
    init(sensors: [ExactText]) {
        for sensor in sensors { append(sensor) }
    }

    var count: Int { sensors.count }

    /// Nil for a sensor that is not there.
    func column(of sensor: ExactText) -> Int? { sensors.firstIndex(of: sensor) }

    /// - Returns: its column; nil when there are too many.
    mutating func add(_ sensor: ExactText) -> Int? {
        guard count < Self.mostSensors else { return nil }
        append(sensor)
        return count - 1
    }

    private mutating func append(_ sensor: ExactText) {
        sensors.append(sensor)
        latest.append(0)
        before.append(0)
        measuredAt.append(0)
    }

    /// - Returns: whether the moment is whole, and so to be judged.
    mutating func take(_ value: Double, of column: Int, at time: Int64, _ pace: Pace) -> Bool {
        let bit = UInt64(1) << UInt64(column)
        if speakers[0] & bit != 0 || time.distance(from: start) > pace.moment { beginMoment(at: time) }
        speakers[0] |= bit
        if moved & bit == 0 { before[column] = value }
        heard |= bit
        moved |= bit
        latest[column] = value
        measuredAt[column] = time
        return speakers[1] & speakers[2] & ~speakers[0] == 0
    }

    private mutating func beginMoment(at time: Int64) {
        (speakers[2], speakers[1], speakers[0]) = (speakers[1], speakers[0], 0)
        start = time
    }

    /// It was judged.
    mutating func settle() {
        for column in latest.indices { before[column] = latest[column] }
    }

    /// The same at some place in the past: no change from here is one.
    var inThePast: DeviceVector {
        var other = self
        other.moved = 0
        return other
    }

    /// Forgets the sensors that are not known at this time.
    mutating func dropUnknown(at time: Int64, _ pace: Pace) {
        let kept = sensors.indices.filter { isKnown($0, at: time, pace) }
        guard kept.count < count else { return }
        var other = DeviceVector(sensors: kept.map { sensors[$0] })
        other.latest = kept.map { latest[$0] }
        other.before = kept.map { before[$0] }
        other.measuredAt = kept.map { measuredAt[$0] }
        (other.heard, other.moved) = (.max >> UInt64(64 - kept.count), .max >> UInt64(64 - kept.count))
        self = other
    }

    func isKnown(_ column: Int, at time: Int64, _ pace: Pace) -> Bool {
        guard heard & (UInt64(1) << UInt64(column)) != 0 else { return false }
        return time <= measuredAt[column] || time.distance(from: measuredAt[column]) <= pace.staleAfter
    }

    func areAllKnown(at time: Int64, _ pace: Pace) -> Bool {
        sensors.indices.allSatisfy { isKnown($0, at: time, pace) }
    }
}

extension DeviceVector {
    /// What ``DeviceWindow`` keeps: value and change of each sensor, changes taken before rounding.
    ///
    /// - Parameter sensors: the first of them.
    func write(to pairs: UnsafeMutableBufferPointer<Float>, sensors: Int) {
        for column in 0..<sensors {
            pairs[2 * column] = Float(latest[column]).bounded
            pairs[2 * column + 1] = Float(latest[column] - before[column]).bounded
        }
    }

    /// Nil for what cannot have been.
    ///
    /// - Parameter before: as many as there are sensors, like `latest` and `measuredAt`.
    init?(
        sensors: [ExactText], latest: [Double], before: [Double], measuredAt: [Int64], heard: UInt64,
        speakers: [UInt64], start: Int64
    ) {
        guard sensors.count <= Self.mostSensors, Set(sensors).count == sensors.count else { return nil }
        let all: UInt64 = sensors.isEmpty ? 0 : .max >> UInt64(64 - sensors.count)
        guard (speakers + [heard]).allSatisfy({ $0 & ~all == 0 }) else { return nil }
        self.sensors = sensors
        (self.latest, self.before, self.measuredAt) = (latest, before, measuredAt)
        (self.heard, moved, self.speakers, self.start) = (heard, heard, speakers, start)
    }
}

extension Int64 {
    /// Whatever the two are.
    fileprivate func distance(from other: Int64) -> UInt64 {
        self > other ? UInt64(bitPattern: self &- other) : UInt64(bitPattern: other &- self)
    }
}
