/// ``TransmissionRule/deadBand(_:heartbeat:)`` at work on one series.
struct DeadBand {
    let bound: ErrorBound
    let heartbeat: Duration?
    private var lastSent: Point?

    init(_ bound: ErrorBound, heartbeat: Duration?) {
        self.bound = bound
        self.heartbeat = heartbeat
    }

    mutating func take(_ point: Point) -> TransmissionStep {
        guard let reason = reason(point) else { return TransmissionStep(decision: .withhold) }
        lastSent = point
        return TransmissionStep(decision: .send(reason))
    }

    private func reason(_ point: Point) -> SendReason? {
        guard let lastSent else { return .first }
        // Otherwise a clock that was put back a year would stop the heart for a year.
        if point.time < lastSent.time { return .timeWentBack }
        if abs(point.value - lastSent.value) > bound.width(about: lastSent.value) { return .outsideBand }
        return point.isDue(heartbeat, since: lastSent) ? .heartbeat : nil
    }
}
