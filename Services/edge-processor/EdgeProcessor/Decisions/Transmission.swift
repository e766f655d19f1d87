/// A ``TransmissionRule`` at work on one series.
enum Transmission {
    case original(OriginalTransmission)
    case deadBand(DeadBand)
    case swingingDoor(SwingingDoor)

    init(_ rule: TransmissionRule) {
        switch rule {
        case .original(let change, let every):
            self = .original(OriginalTransmission(relativeChange: change, every: every))
        case .deadBand(let bound, let heartbeat): self = .deadBand(DeadBand(bound, heartbeat: heartbeat))
        case .swingingDoor(let deviation, let heartbeat):
            self = .swingingDoor(SwingingDoor(deviation: deviation, heartbeat: heartbeat))
        }
    }

    mutating func take(_ candidate: TransmissionCandidate) -> TransmissionStep {
        switch self {
        case .original(var rule):
            defer { self = .original(rule) }
            return rule.take(candidate)
        case .deadBand(var rule):
            defer { self = .deadBand(rule) }
            return rule.take(candidate.point)
        case .swingingDoor(var rule):
            defer { self = .swingingDoor(rule) }
            return rule.take(candidate.point)
        }
    }

    /// What is held counts as sent.
    mutating func flush() {
        guard case .swingingDoor(var rule) = self else { return }
        rule.flush()
        self = .swingingDoor(rule)
    }
}
