/// Which readings of a sensor type are sent. Each rule bounds the error of who knows the sent ones alone.
///
/// The first reading is sent by every rule. Time is that of the readings. The dead-band sends a reading that is earlier
/// than the last sent one, and the swinging door one that is not later than the one before it: there a new run begins,
/// and what is said of the rule holds along each run.
public enum TransmissionRule: Sendable, Hashable {
    /// The rule of the system that Sluice replaces: quality above 0.8 and anomaly score above 0.7; or |x − last sent|
    /// / max(|last sent|, 0.001) above `relativeChange`; or every `every`th reading of the sensor type (the 10th,
    /// 20th, …).
    ///
    /// *Error bound:* a withheld reading differs from the last sent by at most `relativeChange` · max(|last sent|,
    /// 0.001), up to rounding.
    case original(relativeChange: Double = 0.1, every: Int = 10)

    /// A reading is sent when it has left the band about the last sent one.
    ///
    /// *Error bound:* |x − last sent| ≤ bound for every withheld reading.
    ///
    /// *Heartbeat:* the first reading that is so much later than the last sent one, or more, is sent.
    case deadBand(ErrorBound, heartbeat: Duration?)

    /// A reading is held until the next ones show whether a straight line over it stays close to all of them; sent is
    /// the last one that such a line reached.
    ///
    /// *Error bound:* the line between the two sent readings about a withheld one passes it at a distance (in value,
    /// at its time) of at most `deviation`, up to rounding. Bristol's door (US patent 4,669,097) compares slopes from
    /// two pivots, and may err by twice as much; this one keeps the slopes of those lines from the last sent reading
    /// that pass all since, and closes when the newest is on none of them.
    ///
    /// *Heartbeat:* as for the dead-band. Without one, a steady series stays silent.
    case swingingDoor(deviation: Double, heartbeat: Duration?)

    /// A sentence about what makes no sense; nil when all does.
    var problem: String? {
        switch self {
        case .original(let change, let every):
            guard change.isFinite, change >= 0 else { return "the relative change is \(change); it is 0 or more" }
            return every > 0 ? nil : "every \(every) readings makes no sense; it is 1 or more"
        case .deadBand(.absolute(let bound), let heartbeat), .deadBand(.relative(let bound), let heartbeat):
            return Self.problem("the bound", bound, heartbeat)
        case .swingingDoor(let deviation, let heartbeat):
            return Self.problem("the deviation", deviation, heartbeat)
        }
    }

    private static func problem(_ name: String, _ size: Double, _ heartbeat: Duration?) -> String? {
        guard size.isFinite, size >= 0 else { return "\(name) is \(size); it is 0 or more" }
        guard let heartbeat, heartbeat <= .zero else { return nil }
        return "the heartbeat is \(heartbeat); it is above 0"
    }
}

/// How far a withheld reading may be from the last sent one.
public enum ErrorBound: Sendable, Hashable {
    /// In the unit of the readings.
    case absolute(Double)
    /// A fraction of the last sent reading's size; about 0 there is no band.
    case relative(Double)

    func width(about value: Double) -> Double {
        switch self {
        case .absolute(let width): width
        case .relative(let fraction): fraction * abs(value)
        }
    }
}
