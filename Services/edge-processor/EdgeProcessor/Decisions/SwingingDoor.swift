/// ``TransmissionRule/swingingDoor(deviation:heartbeat:)`` at work on one series: O(1) a reading, in time and in
/// memory.
struct SwingingDoor {
    let deviation: Double
    let heartbeat: Duration?
    /// The last one that was sent.
    private var pivot: Point?
    /// The newest, if it was not sent. A line from the pivot to it passes all between at a distance of at most
    /// `deviation`.
    private var held: Point?
    /// The slopes of all lines from the pivot that pass every reading since, the held one included, at such a
    /// distance.
    private var lowest = -Double.infinity
    private var highest = Double.infinity

    init(deviation: Double, heartbeat: Duration?) {
        self.deviation = deviation
        self.heartbeat = heartbeat
    }

    mutating func take(_ point: Point) -> TransmissionStep {
        guard let pivot else { return send(point, .first) }
        guard point.time > (held ?? pivot).time else { return startAnew(at: point) }
        guard let held, !isOpen(to: point, from: pivot) else { return extend(to: point, from: pivot) }
        turn(about: held)
        var step = extend(to: point, from: held)
        step.released = .doorClosed
        return step
    }

    /// The held reading counts as sent.
    mutating func flush() {
        if let held { turn(about: held) }
    }

    private func isOpen(to point: Point, from pivot: Point) -> Bool {
        let slope = point.slope(from: pivot)
        return slope.isFinite && lowest <= slope && slope <= highest
    }

    private mutating func extend(to point: Point, from pivot: Point) -> TransmissionStep {
        if point.isDue(heartbeat, since: pivot) { return send(point, .heartbeat) }
        let slope = point.slope(from: pivot)
        let opening = deviation / point.microseconds(since: pivot)
        lowest = max(lowest, slope - opening)
        highest = min(highest, slope + opening)
        held = point
        return TransmissionStep(decision: .hold)
    }

    /// No line leads back in time.
    private mutating func startAnew(at point: Point) -> TransmissionStep {
        let released: SendReason? = held == nil ? nil : .timeWentBack
        var step = send(point, .timeWentBack)
        step.released = released
        return step
    }

    private mutating func send(_ point: Point, _ reason: SendReason) -> TransmissionStep {
        turn(about: point)
        return TransmissionStep(decision: .send(reason))
    }

    private mutating func turn(about point: Point) {
        pivot = point
        held = nil
        lowest = -.infinity
        highest = .infinity
    }
}
